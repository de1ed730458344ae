// Load that lasts, in raw workerd with its objects on disk: 256 streams for a minute, 10,000 requests, readers that are
// slow or never read beside honest clients. Checked: no error, every answer whole, as many audit rows as requests, memory
// back to where it was. `node bench/lasting.mjs`; fails where one of these does not hold.
//
// V8 and the allocator keep what they have freed for the next load, for a Worker that only forwards as well
// (`bench/deployed.mjs`). So what must be back is the live heap, garbage collected; resident memory is printed after each
// round, and a further round must take none. That requests hold no closures is tested by snapshots (tests/memory.test.mjs).
//
// BENCH_SECONDS (60), BENCH_STREAMS (256), BENCH_REQUESTS (10000, all rounds together) and BENCH_ROUNDS (5) make it shorter.
import http from "node:http";
import net from "node:net";
import { digest, startSimulator, startWorkerd } from "./workerd.mjs";

const seconds = Number(process.env.BENCH_SECONDS ?? 60);
const many = Number(process.env.BENCH_STREAMS ?? 256), requests = Number(process.env.BENCH_REQUESTS ?? 10_000);
const rounds = Math.max(2, Number(process.env.BENCH_ROUNDS ?? 5));
const KEY = "pg_lasting", AUDITOR = "pg_auditor";
const simulator = await startSimulator();
const paced = await startSimulator("--rate", "50");
const gatewayOf = (upstream, options) => startWorkerd({
  CLIENT_KEYS: `lasting:${digest(KEY)} lasting:${digest(AUDITOR)}:audit`, CONTEXT_WINDOW: "8192", TOTAL_MS: "60000",
  UPSTREAM_CLIENT_ID: "dev-client", UPSTREAM_CLIENT_SECRET: "dev-secret", UPSTREAM_API_URL: upstream.url, UPSTREAM_LOGIN_URL: upstream.url,
}, options);
const chat = (maxTokens) => JSON.stringify({
  systemInstructions: ["You help customers of an online shop. Be brief."],
  context: [{ role: "agent", content: "Hello, how can I help?" }, { role: "user", content: "Where is my parcel?" }],
  temperature: 0.3, maxTokens, modelId: "support-small",
});

function send(url, agent, body, accept) {
  const began = performance.now();
  return new Promise((resolve) => {
    const fail = (why) => resolve({ status: 0, why: String(why), text: "", ms: performance.now() - began });
    const outgoing = http.request(`${url}/v1/chat`, {
      method: "POST", agent,
      headers: { authorization: `Bearer ${KEY}`, accept, "content-type": "application/json", "content-length": Buffer.byteLength(body) },
    }, (response) => {
      let text = "", first;
      response.setEncoding("utf8").on("data", (piece) => { first ??= performance.now() - began; text += piece; });
      response.on("end", () => resolve({ status: response.statusCode, text, first, ms: performance.now() - began })).on("error", fail);
    });
    outgoing.on("error", fail).end(body);
  });
}

/** The text of an answer that came as events; none where it has no end. */
function joined({ text }) {
  const events = text.split("\n\n").filter((event) => event.trim()).map((event) => ({
    name: /^event: ?(.*)$/m.exec(event)?.[1],
    data: event.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trim()).join("\n"),
  }));
  const parsed = events.filter(({ data }) => data.startsWith("{")).map(({ name, data }) => ({ name, ...JSON.parse(data) }));
  const done = parsed.some((event) => event.status === "success" || event.name === "done");
  return done ? parsed.map((event) => event.content ?? "").join("") : undefined;
}

const percentile = (values, part) => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))];
let failures = 0;
function check(what, holds, said) {
  if (!holds) failures++;
  console.log(`  ${holds ? "holds " : "FAILS "} ${what}: ${said}`);
}

/** How many rows of chats the log has, once it has as many as it should, or ten seconds have gone by. */
async function rows(url, expected) {
  for (const until = Date.now() + 10_000; ;) {
    const response = await fetch(`${url}/v1/audit`, { headers: { authorization: `Bearer ${AUDITOR}` } });
    if (response.status !== 200) throw new Error(`the audit log: ${response.status} ${await response.text()}`);
    const lines = (await response.text()).trim().split("\n").map((line) => JSON.parse(line));
    const count = lines.filter(({ row }) => row?.action === "chat.complete").length;
    if (count >= expected || Date.now() > until) return count;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** The live heap and resident memory a while after a round, in MB. */
async function settled(gateway) {
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  return { live: await gateway.collect(), resident: gateway.memory() };
}

/** Memory that is back, and that stays there round after round. */
function checkMemory(before, after) {
  const [last, former] = [after.at(-1), after.at(-2)].map(({ resident }) => resident);
  // Of what nobody needs some is collected only rounds later: what is lost lifts the least of them too.
  const least = Math.min(...after.slice(-3).map(({ live }) => live));
  check("the live heap is back (8 MB)", least <= before.live + 8, `${before.live} MB before, then ${after.map(({ live }) => live).join(", ")} MB`);
  check("a further round takes no memory (a tenth and 8 MB)", last - former <= former / 10 + 8,
    `resident ${before.resident} MB before, then ${after.map(({ resident }) => resident).join(", ")} MB`);
}

console.log(`${many} streams at 50 frames a second, for ${seconds} s`);
{
  const gateway = await gatewayOf(paced, { inspected: true });
  const agent = new http.Agent({ keepAlive: true, maxSockets: many });
  const body = chat(512);
  const expected = JSON.parse((await send(gateway.url, agent, body, "application/json")).text).content;
  // What a crowd takes once is there for the next.
  await Promise.all(Array.from({ length: many }, () => send(gateway.url, agent, chat(8), "text/event-stream")));
  let sent = 1 + many;
  const before = await settled(gateway);
  const taken = [], after = [];
  for (let round = 0; round < rounds; round++) {
    const until = Date.now() + seconds * 1000 / rounds;
    await Promise.all(Array.from({ length: many }, async () => {
      do {
        sent++;
        taken.push(await send(gateway.url, agent, body, "text/event-stream"));
      } while (Date.now() < until - 12_000);
    }));
    after.push(await settled(gateway));
  }
  agent.destroy();
  const wrong = taken.filter((answer) => answer.status !== 200 || joined(answer) !== expected);
  check("every stream has its whole answer", wrong.length === 0, `${taken.length - wrong.length} of ${taken.length}${wrong.length > 0 ? `; one: ${wrong[0].status} ${wrong[0].why ?? wrong[0].text.slice(-200)}` : ""}`);
  console.log(`         first content p50 ${percentile(taken.map(({ first }) => first ?? 0), 0.5).toFixed(0)} ms, p99 ${percentile(taken.map(({ first }) => first ?? 0), 0.99).toFixed(0)} ms`);
  const kept = await rows(gateway.url, sent);
  check("audit rows are as many as requests", kept === sent, `${kept} of ${sent}`);
  checkMemory(before, after);
  await gateway.stop();
}

console.log(`${requests} requests over 64 connections`);
{
  const gateway = await gatewayOf(simulator, { inspected: true });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  const expected = JSON.parse((await send(gateway.url, agent, chat(16), "application/json")).text).content;
  const run = async (count) => {
    const taken = [];
    let left = count;
    await Promise.all(Array.from({ length: 64 }, async () => {
      while (left-- > 0) taken.push(await send(gateway.url, agent, chat(16), "application/json"));
    }));
    return taken;
  };
  // As much as a round: V8 optimises, and keeps, what the first thousands have made hot.
  const warm = Math.ceil(requests / rounds);
  await run(warm);
  const before = await settled(gateway);
  const taken = [], after = [];
  let took = 0;
  for (let round = 0; round < rounds; round++) {
    const began = Date.now();
    taken.push(...await run(Math.ceil(requests / rounds)));
    took += Date.now() - began;
    after.push(await settled(gateway));
  }
  agent.destroy();
  const wrong = taken.filter(({ status, text }) => status !== 200 || JSON.parse(text).content !== expected);
  check("every request has its answer", wrong.length === 0, `${taken.length - wrong.length} of ${taken.length}, ${Math.round(taken.length / took * 1000)} a second`);
  const kept = await rows(gateway.url, taken.length + warm + 1);
  check("audit rows are as many as requests", kept === taken.length + warm + 1, `${kept} of ${taken.length + warm + 1}`);
  checkMemory(before, after);
  await gateway.stop();
}

console.log("16 honest clients beside 32 readers of a few bytes a second and 32 that never read");
{
  const gateway = await gatewayOf(simulator);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
  const honest = async (time) => {
    const taken = [];
    const until = Date.now() + time;
    await Promise.all(Array.from({ length: 16 }, async () => {
      while (Date.now() < until) taken.push(await send(gateway.url, agent, chat(16), "application/json"));
    }));
    return taken;
  };
  await honest(1_000);
  const span = Math.min(10_000, seconds * 500);
  const alone = await honest(span);
  const { hostname, port } = new URL(gateway.url);
  const body = chat(4096);
  const readers = Array.from({ length: 64 }, (_, number) => {
    const socket = net.connect({ port: Number(port), host: hostname, highWaterMark: 64 }).on("error", () => {});
    socket.write(`POST /v1/chat HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${KEY}\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    socket.pause();
    const timer = number % 2 === 0 ? setInterval(() => socket.read(64), 200) : undefined;
    return () => { clearInterval(timer); socket.destroy(); };
  });
  const beside = await honest(span);
  const p99 = (taken) => percentile(taken.map(({ ms }) => ms), 0.99);
  const ratio = p99(beside) / p99(alone);
  check("no honest client fails", beside.every(({ status }) => status === 200), `${beside.length} requests`);
  check("they cost nobody else (p99 within 5 times)", ratio <= 5, `p99 ${p99(alone).toFixed(1)} ms alone, ${p99(beside).toFixed(1)} beside them: ${ratio.toFixed(1)} times`);
  readers.forEach((leave) => leave());
  agent.destroy();
  await gateway.stop();
}
simulator.stop();
paced.stop();
console.log(failures === 0 ? "Everything holds." : `${failures} checks fail.`);
process.exit(failures === 0 ? 0 : 1);
