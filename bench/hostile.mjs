// Sixteen honest clients beside one hostile one: what each attack costs the others, in raw workerd with its objects on
// disk. `node bench/hostile.mjs [attack…]`; the goal is a p99 within five times of that without the attacker.
//
// BENCH_SECONDS is how long each attack goes on (5). The attacker is a process of its own, so that its work is not
// measured as the gateway's.
import { spawn } from "node:child_process";
import http from "node:http";
import net from "node:net";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { digest, startSimulator, startWorkerd } from "./workerd.mjs";

const HONEST = "pg_bench_honest", HOSTILE = "pg_bench_hostile";
const CLIENTS = 16, GOAL = 5;
const seconds = Number(process.env.BENCH_SECONDS ?? 5);
const until = Date.now() + seconds * 1000;
const chat = (changes) => JSON.stringify({
  systemInstructions: ["You help customers of an online shop. Be brief."],
  context: [{ role: "agent", content: "Hello, how can I help?" }, { role: "user", content: "Where is my parcel?" }],
  temperature: 0.3, maxTokens: 4, modelId: "support-small", ...changes,
});

/** One request: `{ status, ms }`. */
function send(url, { agent, key, path = "/v1/chat", method = "POST", body, headers = {}, timeout = 60_000 }) {
  const began = performance.now();
  return new Promise((resolve) => {
    const done = (status) => resolve({ status, ms: performance.now() - began });
    const outgoing = http.request(url + path, {
      method, agent, timeout,
      headers: {
        ...(key && { authorization: `Bearer ${key}` }), accept: "application/json",
        ...(body !== undefined && { "content-type": "application/json", "content-length": Buffer.byteLength(body) }), ...headers,
      },
    }, (response) => response.resume().on("end", () => done(response.statusCode)).on("error", () => done(0)));
    outgoing.on("error", () => done(0)).on("timeout", () => outgoing.destroy());
    outgoing.end(body);
  });
}

/** Sends the same request on `connections` connections until the end. */
async function flood(url, connections, request) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  let sent = 0;
  await Promise.all(Array.from({ length: connections }, async (_, number) => {
    while (Date.now() < until) await send(url, { agent, ...request(number, sent++) });
  }));
  return sent;
}

const SIZE = 1 << 20;
const fill = (unit, size) => unit.repeat(Math.ceil(size / unit.length)).slice(0, size);
/** A completion on the OpenAI front. */
const completion = (changes) => JSON.stringify({ model: "support-small", messages: [{ role: "user", content: "Where is my parcel?" }], max_tokens: 4, ...changes });
const COMPLETIONS = "/openai/v1/chat/completions";
/** A model of an upstream that the honest do not ask: what is done to it is said by `upstream`. */
const HOSTILE_MODEL = "hostile";
const library = (n) => JSON.stringify({
  templates: Array.from({ length: 12 }, (_, at) => ({
    name: `hostile ${process.pid} ${n} ${at}`, system_instruction: "Be brief.", user_template: "Reply to {{customer}}.", variables: ["customer"],
  })),
});

/** Each attack: what it does until the end, and gives the number of its requests. */
const ATTACKS = {
  "a crowd of ordinary calls": (url) => flood(url, 16, () => ({ key: HOSTILE, body: chat() })),
  "guard: 1 MiB of numbers": (url) =>
    flood(url, 1, () => ({ key: HOSTILE, path: "/v1/guard", body: JSON.stringify({ text: fill("536-22-1234 ", SIZE - 64) }) })),
  "guard: 1 MiB of passwords": (url) =>
    flood(url, 1, () => ({ key: HOSTILE, path: "/v1/guard", body: JSON.stringify({ text: fill("password=", SIZE - 64) }) })),
  "guard: 1 MiB of control tokens": (url) =>
    flood(url, 1, () => ({ key: HOSTILE, path: "/v1/guard", body: JSON.stringify({ text: fill("<|im_start|>", SIZE - 64) }) })),
  "lint: 1 MiB of passwords": (url) =>
    flood(url, 1, () => ({ key: HOSTILE, path: "/v1/lint", body: JSON.stringify({ text: fill("password=Abc12345 ", SIZE - 64) }) })),
  "template: 64 KiB of passwords": (url) =>
    flood(url, 4, (_, n) => ({
      key: HOSTILE, path: "/v1/templates",
      body: JSON.stringify({ name: `hostile ${n}`, system_instruction: fill("password=Abc12345 ", 60_000), user_template: "x", variables: [] }),
    })),
  "OpenAI: 1 MiB of numbers": (url) =>
    flood(url, 1, () => ({ key: HOSTILE, path: COMPLETIONS, body: completion({ messages: [{ role: "user", content: fill("536-22-1234 ", SIZE - 1024) }] }) })),
  "OpenAI: a 10 MiB image": (url) => {
    const image = { type: "image_url", image_url: { url: `data:image/png;base64,${fill("iVBORw0KGgoAAAANSUhEUgAA", 9.9 * SIZE)}` } };
    const body = completion({ messages: [{ role: "user", content: [{ type: "text", text: fill("Where is my parcel? ", 50_000) }, image] }] });
    return flood(url, 2, () => ({ key: HOSTILE, path: COMPLETIONS, body }));
  },
  "OpenAI: 10 MiB of values": (url) => {
    const body = completion({ x: Array(5_000_000).fill(1) });
    return flood(url, 1, () => ({ key: HOSTILE, path: COMPLETIONS, body }));
  },
  "slow calls of one tenant": (url) =>
    flood(url, 32, () => ({ key: HOSTILE, body: chat({ modelId: HOSTILE_MODEL }) })),
  "frames of 234 KiB": (url) => flood(url, 4, () => ({ key: HOSTILE, body: chat({ modelId: HOSTILE_MODEL }) })),
  "frames of 504 KiB": (url) => flood(url, 4, () => ({ key: HOSTILE, body: chat({ modelId: HOSTILE_MODEL }) })),
  "lint: 1 MiB of placeholders": (url) =>
    flood(url, 1, () => ({ key: HOSTILE, path: "/v1/lint", body: JSON.stringify({ document: fill("{{a}}${b}", SIZE - 64), kind: "template" }) })),
  "chat: 95,000 unknown members": (url) => {
    const members = Array.from({ length: 95_000 }, (_, n) => `"m${n}":1`).join();
    return flood(url, 1, () => ({ key: HOSTILE, body: `{${members}}` }));
  },
  "strangers without a key": (url) => flood(url, 32, () => ({ body: "{}" })),
  "refusals of a valid key": (url) => flood(url, 16, () => ({ key: HOSTILE, body: "{" })),
  "invented models": (url) => flood(url, 8, (_, n) => ({ key: HOSTILE, body: chat({ modelId: `invented-${n}` }) })),
  "syncs whose client leaves": async (url) => {
    let sent = 0;
    while (Date.now() < until) {
      const body = library(sent++);
      const outgoing = http.request(`${url}/v1/templates/sync`, {
        method: "POST", headers: { authorization: `Bearer ${HOSTILE}`, "content-type": "application/json", "content-length": Buffer.byteLength(body) },
      }).on("error", () => {});
      outgoing.end(body);
      await new Promise((resolve) => setTimeout(resolve, 30));
      outgoing.socket?.resetAndDestroy();
    }
    return sent;
  },
  "200 half-sent bodies": async (url) => {
    const { hostname, port } = new URL(url);
    let sent = 0;
    await Promise.all(Array.from({ length: 200 }, async () => {
      while (Date.now() < until) {
        sent++;
        const socket = net.connect(Number(port), hostname).on("error", () => {}).resume();
        socket.write(`POST /v1/chat HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${HOSTILE}\r\nContent-Type: application/json\r\nContent-Length: ${SIZE}\r\n\r\n`);
        socket.write(Buffer.alloc(SIZE - 1, 0x20));
        // A connection that is reset is closed, too.
        await Promise.race([once(socket, "close").catch(() => {}), new Promise((resolve) => setTimeout(resolve, Math.max(0, until - Date.now())))]);
        socket.destroy();
        // One that was refused does not come back at once.
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }));
    return sent;
  },
  "64 readers that never read": async (url) => {
    const { hostname, port } = new URL(url);
    const body = chat({ maxTokens: 4096 });
    const sockets = Array.from({ length: 64 }, () => {
      const socket = net.connect(Number(port), hostname).on("error", () => {});
      socket.write(`POST /v1/chat HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${HOSTILE}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
      return socket.pause();
    });
    await new Promise((resolve) => setTimeout(resolve, until - Date.now()));
    sockets.forEach((socket) => socket.destroy());
    return sockets.length;
  },
};

/** What the hostile tenant's upstream does, for ever. */
const FAULTS = {
  "slow calls of one tenant": { kind: "hang" },
  "frames of 234 KiB": { kind: "answer", content: fill("536-22-1234 ", 234 << 10), piece: 234 << 10 },
  "frames of 504 KiB": { kind: "answer", content: fill("536-22-1234 ", 504 << 10), piece: 504 << 10 },
};

if (process.argv[2] === "--attack") {
  const sent = await ATTACKS[process.argv[3]](process.argv[4]);
  process.stdout.write(String(sent));
  process.exit(0);
}

const only = process.argv.slice(2);
const unknown = only.filter((name) => !ATTACKS[name]);
if (unknown.length > 0) {
  console.error(`No such attack: ${unknown.join(", ")}. There are: ${Object.keys(ATTACKS).join("; ")}`);
  process.exit(2);
}

/** Honest clients for `time` seconds: sorted latencies in ms, and how many were not answered with 200. */
async function honest(url, time) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: CLIENTS });
  const end = Date.now() + time * 1000;
  const taken = [];
  let failed = 0;
  await Promise.all(Array.from({ length: CLIENTS }, async () => {
    while (Date.now() < end) {
      const { status, ms } = await send(url, { agent, key: HONEST, body: chat() });
      if (status !== 200) failed++;
      taken.push(ms);
    }
  }));
  agent.destroy();
  taken.sort((a, b) => a - b);
  return { failed, count: taken.length, p50: taken[Math.floor(taken.length * 0.5)], p99: taken[Math.floor(taken.length * 0.99)] };
}

const column = (value, width) => String(value).padStart(width);
console.log(`${CLIENTS} honest clients in raw workerd, objects on disk, ${seconds} s alone and ${seconds} s beside each attack; goal: p99 within ${GOAL} times`);
console.log(`${"attack".padEnd(30)} ${["requests", "p50 alone", "p99 alone", "p50", "p99 ms", "p99 ratio", "failed", "MB"].map((name) => column(name, 9)).join(" ")}`);
let missed = 0;
for (const name of only.length > 0 ? only : Object.keys(ATTACKS)) {
  // A fresh gateway for each: what one attack leaves must not be counted against the next.
  const simulator = await startSimulator();
  const other = await startSimulator("--models", HOSTILE_MODEL);
  if (FAULTS[name]) {
    const rule = { on: "openai_chat", times: null, fault: FAULTS[name] };
    const queued = await fetch(`${other.url}/_simulator/faults`, { method: "POST", body: JSON.stringify([rule]) });
    if (!queued.ok) throw new Error(`the simulator refuses the fault: ${await queued.text()}`);
  }
  const gateway = await startWorkerd({
    CLIENT_KEYS: `honest:${digest(HONEST)} hostile:${digest(HOSTILE)}:manage`,
    UPSTREAM_CLIENT_ID: "dev-client", UPSTREAM_CLIENT_SECRET: "dev-secret",
    UPSTREAM_API_URL: simulator.url, UPSTREAM_LOGIN_URL: simulator.url, CONTEXT_WINDOW: "8192",
    UPSTREAMS: JSON.stringify([{ name: "other", wire: "openai", url: `${other.url}/v1`, credential: { secret: "OTHER_KEY" } }]), OTHER_KEY: "dev-key",
    MODELS: JSON.stringify([{ name: HOSTILE_MODEL, targets: [{ upstream: "other" }] }, { name: "*", targets: [{ upstream: "genesys" }] }]),
  });
  await honest(gateway.url, 1);
  const alone = await honest(gateway.url, seconds);
  const attacker = spawn(process.execPath, [fileURLToPath(import.meta.url), "--attack", name, gateway.url], { stdio: ["ignore", "pipe", "inherit"] });
  let sent = "";
  attacker.stdout.setEncoding("utf8").on("data", (text) => { sent += text; });
  // The attacker takes a moment to start.
  await new Promise((resolve) => setTimeout(resolve, 300));
  const beside = await honest(gateway.url, Math.max(1, seconds - 0.5));
  const memory = gateway.memory();
  if (attacker.exitCode === null) await Promise.race([once(attacker, "exit"), new Promise((resolve) => setTimeout(resolve, 20_000))]);
  attacker.kill("SIGKILL");
  const ratio = beside.p99 / alone.p99;
  if (ratio > GOAL || beside.failed > 0) missed++;
  const cells = [sent || "?", alone.p50.toFixed(1), alone.p99.toFixed(1), beside.p50.toFixed(1), beside.p99.toFixed(1), ratio.toFixed(1), beside.failed, memory];
  console.log(`${name.padEnd(30)} ${cells.map((cell) => column(cell, 9)).join(" ")}`);
  await gateway.stop();
  simulator.stop();
  other.stop();
}
console.log(missed === 0 ? "Every attack within the goal." : `${missed} beyond the goal, or with failures of honest clients.`);
process.exit(missed === 0 ? 0 : 1);
