// The gateway as it is deployed (raw workerd, every object bound and on disk, audit, metrics, webhooks to a sink) beside
// the simulator called directly, a Worker in JavaScript that only forwards (`forward.js`), Portkey and LiteLLM, in turns in
// one run. `node bench/deployed.mjs` after `bash scripts/build` and `cargo build --release -p promptgate-simulator`; some
// four minutes. Raw workerd has no KV: templates are not part of it.
//
// BENCH_SECONDS (2, whole) is how long each load goes on, BENCH_TURNS (1) how often all of them are repeated.
import { spawnSync } from "node:child_process";
import http from "node:http";
import { mkdirSync, writeFileSync } from "node:fs";
import { startLitellm, startPortkey } from "./peers.mjs";
import { cpu, digest, startSimulator, startWorkerd } from "./workerd.mjs";

if (spawnSync("wrk", ["--version"]).error) {
  console.log("The benchmark as deployed is left out: `wrk` is missing (Debian: apt-get install wrk).");
  process.exit(0);
}
const seconds = Math.max(1, Math.round(Number(process.env.BENCH_SECONDS ?? 2))), turns = Number(process.env.BENCH_TURNS ?? 1);
const KEY = "pg_bench", MODEL = "gpt-4o-mini", SLOW = "slow";
const scripts = new URL("../target/bench-deployed/", import.meta.url).pathname;
mkdirSync(scripts, { recursive: true });

// Answers of 900 tokens and more: what a request allows is what it gets.
const fast = await startSimulator("--sentences", "64", "--models", `${MODEL},${SLOW}`);
const paced = await startSimulator("--sentences", "64", "--rate", "50", "--models", `${MODEL},${SLOW}`);
const { access_token: token } = await (await fetch(`${fast.url}/oauth/token`, {
  method: "POST", headers: { authorization: `Basic ${btoa("dev-client:dev-secret")}` },
  body: new URLSearchParams({ grant_type: "client_credentials" }),
})).json();
const pacedToken = (await (await fetch(`${paced.url}/oauth/token`, {
  method: "POST", headers: { authorization: `Basic ${btoa("dev-client:dev-secret")}` },
  body: new URLSearchParams({ grant_type: "client_credentials" }),
})).json()).access_token;

const common = { CLIENT_KEYS: `bench:${digest(KEY)}`, CONTEXT_WINDOW: "8192", WEBHOOK_URL: `${fast.url}/_simulator/webhook`, WEBHOOK_PRIVATE: "true" };
const native = (upstream) => ({
  ...common, UPSTREAM_CLIENT_ID: "dev-client", UPSTREAM_CLIENT_SECRET: "dev-secret",
  UPSTREAM_API_URL: upstream.url, UPSTREAM_LOGIN_URL: upstream.url,
});
const openai = {
  ...common, OPENAI_API_KEY: "dev-key",
  UPSTREAMS: JSON.stringify([fast, paced].map(({ url }, at) => ({ name: `sim-${at}`, wire: "openai", url: `${url}/v1`, credential: { secret: "OPENAI_API_KEY" } }))),
  MODELS: JSON.stringify([MODEL, SLOW].map((name, at) => ({ name, targets: [{ upstream: `sim-${at}` }] }))),
};
const forwarding = (upstream, token) => startWorkerd({ UPSTREAM: upstream.url, TOKEN: token, KEY: "dev-key" },
  { script: new URL("forward.js", import.meta.url).pathname });

const [gateway, pacedGateway, front, forward, pacedForward, portkey, litellm] = await Promise.all([
  startWorkerd(native(fast)), startWorkerd(native(paced)), startWorkerd(openai), forwarding(fast, token), forwarding(paced, pacedToken),
  startPortkey(), startLitellm({ [MODEL]: fast.url, [SLOW]: paced.url }, "dev-key"),
]);

const nativeBody = (frames) => ({
  systemInstructions: ["You help customers of an online shop. Be brief."],
  context: [{ role: "agent", content: "Hello, how can I help?" }, { role: "user", content: "Where is my parcel?" }],
  temperature: 0.3, maxTokens: frames, modelId: "support-small",
});
const openaiBody = (frames, streamed, model) => ({
  model, max_tokens: frames, temperature: 0.3, ...(streamed && { stream: true }),
  messages: [
    { role: "system", content: "You help customers of an online shop. Be brief." },
    { role: "assistant", content: "Hello, how can I help?" }, { role: "user", content: "Where is my parcel?" },
  ],
});

/** Who is measured; `paced` says whether upstream gives 50 frames a second. */
const WHO = {
  "direct, native": { wire: "native", at: (slow) => ({ url: `${(slow ? paced : fast).url}/api/v2/ai/llm-gateway/chat`, key: slow ? pacedToken : token }) },
  "forwarding Worker, native": { wire: "native", process: (slow) => (slow ? pacedForward : forward), at: (slow) => ({ url: `${(slow ? pacedForward : forward).url}/v1/chat` }) },
  "Promptgate, native": { wire: "native", process: (slow) => (slow ? pacedGateway : gateway), at: (slow) => ({ url: `${(slow ? pacedGateway : gateway).url}/v1/chat`, key: KEY }) },
  "direct, OpenAI": { wire: "openai", at: (slow) => ({ url: `${(slow ? paced : fast).url}/v1/chat/completions`, key: "dev-key" }) },
  "forwarding Worker, OpenAI": { wire: "openai", process: (slow) => (slow ? pacedForward : forward), at: (slow) => ({ url: `${(slow ? pacedForward : forward).url}/openai/v1/chat/completions` }) },
  "Promptgate, OpenAI": { wire: "openai", process: () => front, at: () => ({ url: `${front.url}/openai/v1/chat/completions`, key: KEY }) },
  ...(portkey && {
    Portkey: { wire: "openai", process: () => portkey, at: (slow) => ({
      url: `${portkey.url}/v1/chat/completions`, key: "dev-key",
      headers: { "x-portkey-provider": "openai", "x-portkey-custom-host": `${(slow ? paced : fast).url}/v1` },
    }) },
  }),
  ...(litellm && { LiteLLM: { wire: "openai", process: () => litellm, at: () => ({ url: `${litellm.url}/v1/chat/completions`, key: "sk-bench" }) } }),
};

// Figures a frame are of as many frames as are asked for: an answer that ended sooner would make them too small.
for (const [who, frames] of [["direct, native", /^\{"content"/gm], ["direct, OpenAI", /"delta":\{"content"/g]]) {
  const { url, body, headers } = ask(who, 512, true, false);
  const text = await (await fetch(url, { method: "POST", headers, body })).text();
  const count = text.match(frames)?.length ?? 0;
  if (count < 512) throw new Error(`${who}: an answer of 512 frames has ${count}`);
}

/** A request: where, with what. */
function ask(who, frames, streamed, slow) {
  const { wire, at } = WHO[who];
  const { url, key, headers = {} } = at(slow);
  const body = wire === "native" ? nativeBody(frames) : openaiBody(frames, streamed, slow ? SLOW : MODEL);
  return {
    url, body: JSON.stringify(body),
    headers: {
      "content-type": "application/json", ...(key && { authorization: `Bearer ${key}` }),
      ...(wire === "native" && { accept: streamed ? "text/event-stream" : "application/json" }), ...headers,
    },
  };
}

function load(who, { frames, streamed }, connections) {
  const { url, body, headers } = ask(who, frames, streamed, false);
  const lua = `${scripts}${who.replaceAll(/\W+/g, "-")}-${frames}-${streamed}.lua`;
  writeFileSync(lua, `wrk.method = "POST"
wrk.body = ${JSON.stringify(body)}
${Object.entries(headers).map(([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`).join("\n")}
done = function(summary, latency)
  io.write(string.format("RESULT %f %f %f %d %d\\n", latency:percentile(50), latency:percentile(99), summary.requests / summary.duration * 1e6,
    summary.requests, summary.errors.status + summary.errors.read + summary.errors.connect + summary.errors.timeout))
end
`);
  const pid = WHO[who].process?.(false).pid;
  const before = pid && cpu(pid);
  const { stdout } = spawnSync("wrk", ["-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "20s", "-s", lua, url], { encoding: "utf8" });
  const [, p50, p99, rate, count, errors] = /RESULT (\S+) (\S+) (\S+) (\S+) (\S+)/.exec(stdout)?.map(Number) ?? [];
  // Errors are quick: a rate with them in it would say nothing.
  if (!(count > 0) || errors > 0) return undefined;
  return { p50: p50 / 1000, p99: p99 / 1000, rate, cpu: pid && (cpu(pid) - before) / count };
}

/** One streamed answer: ms to its first byte and to its end, and how many pieces it came in. */
function stream(agent, { url, body, headers }) {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = http.request(url, { method: "POST", agent, headers: { ...headers, "content-length": Buffer.byteLength(body) } }, (response) => {
      let first, text = "", pieces = 0;
      response.setEncoding("utf8").on("data", (piece) => { first ??= performance.now() - began; pieces++; text = (text + piece).slice(-200); });
      response.on("end", () => (response.statusCode === 200 ? resolve({ first, all: performance.now() - began, pieces }) : reject(new Error(`${response.statusCode} ${text}`))));
      response.on("error", reject);
    });
    outgoing.on("error", reject).end(body);
  });
}

async function streams(who, frames, connections, rounds) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  const pid = WHO[who].process?.(true).pid;
  const request = ask(who, frames, true, true);
  await stream(agent, ask(who, 2, true, true)).catch((error) => console.log(`!! ${who}: ${error.message}`));
  const before = pid && cpu(pid);
  const taken = [];
  let failed = 0;
  await Promise.all(Array.from({ length: connections }, async () => {
    for (let round = 0; round < rounds; round++) await stream(agent, request).then((one) => taken.push(one), () => failed++);
  }));
  agent.destroy();
  return { taken, failed, cpu: pid && taken.length > 0 ? (cpu(pid) - before) / taken.length : undefined };
}

const percentile = (values, part) => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))];
const median = (values) => percentile(values, 0.5);
const column = (value, width) => String(value ?? "–").padStart(width);
const fixed = (value, digits) => (value === undefined || Number.isNaN(value) ? "–" : value.toFixed(digits));
const names = Object.keys(WHO);
const direct = (who) => `direct, ${WHO[who].wire === "native" ? "native" : "OpenAI"}`;
const memories = () => Object.fromEntries(names.flatMap((who) => (WHO[who].process ? [[who, WHO[who].process(false).memory()]] : [])));

const results = {};
const SHAPES = { "JSON, 16 frames": { frames: 16, streamed: false }, "stream of 16": { frames: 16, streamed: true },
  "stream of 64": { frames: 64, streamed: true }, "stream of 512": { frames: 512, streamed: true } };
console.log("As deployed, at full speed (wrk); added: beyond the simulator called directly. CPU of the gateway's process alone, per request and frame; –: not one answer in time, or some with errors.");
console.log(`${"shape".padEnd(16)} ${"conns".padStart(5)}  ${"who".padEnd(26)} ${["p50 ms", "added p50", "added p99", "req/s", "ms CPU", "µs/frame"].map((name) => column(name, 10)).join("")}`);
for (const who of names) load(who, SHAPES["JSON, 16 frames"], 16);
const before = memories();
for (const [shape, options] of Object.entries(SHAPES)) {
  for (const connections of [1, 16, 256]) {
    const measured = Array.from({ length: turns }, () => Object.fromEntries(names.map((who) => [who, load(who, options, connections)])));
    for (const who of names) {
      const over = (figure) => {
        const values = measured.filter((turn) => turn[who] && turn[direct(who)]).map(figure).filter((value) => value !== undefined);
        return values.length > 0 ? median(values) : undefined;
      };
      const row = {
        p50: over((turn) => turn[who].p50), added: over((turn) => turn[who].p50 - turn[direct(who)].p50),
        added99: over((turn) => turn[who].p99 - turn[direct(who)].p99), rate: over((turn) => turn[who].rate),
        cpu: over((turn) => turn[who].cpu),
      };
      results[`${shape}/${connections}/${who}`] = row;
      const cells = [fixed(row.p50, 2), fixed(row.added, 2), fixed(row.added99, 2), fixed(row.rate, 0), fixed(row.cpu, 2), fixed(row.cpu && row.cpu * 1000 / options.frames, 1)];
      console.log(`${shape.padEnd(16)} ${column(connections, 5)}  ${who.padEnd(26)} ${cells.map((cell) => column(cell, 10)).join("")}`);
    }
  }
}
const after = memories();

console.log("\nStreams at 50 frames a second, 16 connections; late: the whole answer beyond the simulator's own");
console.log(`${"frames".padStart(6)}  ${"who".padEnd(26)} ${["first p50", "first p99", "late p50", "pieces", "ms CPU", "failed"].map((name) => column(name, 10)).join("")}`);
const slow = {};
for (const [frames, rounds] of [[16, 3], [64, 1], [512, 1]]) {
  // Each has its own process, and 16 streams of 50 frames a second leave the machine idle: the long ones go on together.
  const run = async (who) => [who, await streams(who, frames, 16, rounds)];
  const all = [];
  if (frames === 512) all.push(...await Promise.all(names.map(run)));
  else for (const who of names) all.push(await run(who));
  const own = Object.fromEntries(all.map(([who, { taken }]) => [who, median(taken.map((one) => one.all))]));
  for (const [who, { taken, failed, cpu: used }] of all) {
    const first = taken.map((one) => one.first);
    slow[`${frames}/${who}`] = used;
    const cells = [fixed(percentile(first, 0.5), 1), fixed(percentile(first, 0.99), 1), fixed(own[who] - own[direct(who)], 1),
      fixed(median(taken.map((one) => one.pieces)), 0), fixed(used, 1), failed];
    console.log(`${column(frames, 6)}  ${who.padEnd(26)} ${cells.map((cell) => column(cell, 10)).join("")}`);
  }
}

console.log("\nResident memory, MB: before and after the load, and a while after it");
await new Promise((resolve) => setTimeout(resolve, 5_000));
const later = memories();
for (const who of Object.keys(after)) console.log(`${who.padEnd(26)} ${column(before[who], 6)} ${column(after[who], 6)} ${column(later[who], 6)}`);

console.log("\nThe aims, as ratios within this run");
let missed = 0;
function aim(what, value, goal, most) {
  if (value === undefined || !Number.isFinite(value)) return console.log(`  not measured  ${what}`);
  const met = most ? value <= goal : value >= goal;
  if (!met) missed++;
  console.log(`  ${(met ? "met" : "MISSED").padEnd(12)}  ${what}: ${value.toFixed(2)}, aim ${most ? "at most" : "at least"} ${goal}${met ? "" : ` (missed by ${(most ? value / goal : goal / value).toFixed(2)} times)`}`);
}
const result = (connections, who, shape = "JSON, 16 frames") => results[`${shape}/${connections}/${who}`] ?? {};
aim("added p50 at 1 connection, OpenAI front, of Portkey's", result(1, "Promptgate, OpenAI").added / result(1, "Portkey").added, 0.5, true);
aim("req/s at 16 connections, OpenAI front, of Portkey's", result(16, "Promptgate, OpenAI").rate / result(16, "Portkey").rate, 3, false);
aim("req/s at 16 connections, OpenAI front, of the forwarding Worker's", result(16, "Promptgate, OpenAI").rate / result(16, "forwarding Worker, OpenAI").rate, 0.5, false);
aim("req/s at 16 connections, native, of the forwarding Worker's", result(16, "Promptgate, native").rate / result(16, "forwarding Worker, native").rate, 0.5, false);
for (const wire of ["native", "OpenAI"]) {
  aim(`µs of CPU a frame, whole stream of 512, 16 connections, ${wire}`, result(16, `Promptgate, ${wire}`, "stream of 512").cpu * 1000 / 512, 15, true);
  aim(`ms of CPU for 512 frames at 50 a second, ${wire}`, slow[`512/Promptgate, ${wire}`], 10, true);
  aim(`the same beside the forwarding Worker's, ${wire}`, slow[`512/Promptgate, ${wire}`] / slow[`512/forwarding Worker, ${wire}`], 1.5, true);
}
console.log(missed === 0 ? "Every aim that was measured is met." : `${missed} missed.`);
await Promise.all([gateway, pacedGateway, front, forward, pacedForward, portkey, litellm].filter(Boolean).map((one) => one.stop()));
fast.stop();
paced.stop();
process.exit(0);
