// What a call with an Idempotency-Key costs beside one without: time to the first byte, and for each further frame, in
// raw workerd with its objects on disk. One client, the two in turns; medians, and their ratio.
import { randomBytes, randomUUID } from "node:crypto";
import http from "node:http";
import { digest, startSimulator, startWorkerd } from "./workerd.mjs";

const KEY = "pg_bench", ROUNDS = Number(process.env.ROUNDS ?? 200), FRAMES = [4, 256];
const simulator = await startSimulator();
const gateway = await startWorkerd({
  CLIENT_KEYS: `bench:${digest(KEY)}`, UPSTREAM_CLIENT_ID: "dev-client", UPSTREAM_CLIENT_SECRET: "dev-secret",
  UPSTREAM_API_URL: simulator.url, UPSTREAM_LOGIN_URL: simulator.url, CONTEXT_WINDOW: "8192",
  SEAL_KEYS: `bench:${randomBytes(32).toString("base64")}`,
});
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const body = (maxTokens) => JSON.stringify({
  systemInstructions: ["You help customers of an online shop. Be brief."],
  context: [{ role: "agent", content: "Hello, how can I help?" }, { role: "user", content: "Where is my parcel?" }],
  temperature: 0.3, maxTokens, modelId: "support-small",
});

/** One streamed call: milliseconds to its first byte and to its last. */
const call = (frames, headers) => new Promise((resolve, reject) => {
  const text = body(frames), began = performance.now();
  const request = http.request(`${gateway.url}/v1/chat`, {
    method: "POST", agent,
    headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json", "content-length": Buffer.byteLength(text), ...headers },
  }, (response) => {
    let first;
    response.on("data", () => { first ??= performance.now() - began; });
    response.on("end", () => response.statusCode === 200 ? resolve({ first, last: performance.now() - began }) : reject(new Error(`${response.statusCode}`)));
  });
  request.on("error", reject);
  request.end(text);
});
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

const ways = {
  "without a key": () => ({}),
  "with a key": () => ({ "idempotency-key": randomUUID() }),
  "a replay": () => ({ "idempotency-key": "replayed" }),
};
const times = {};
try {
  for (let round = -20; round < ROUNDS; round++) {
    for (const frames of FRAMES) {
      for (const [name, headers] of Object.entries(ways)) {
        const own = headers();
        const found = await call(frames, own["idempotency-key"] === "replayed" ? { "idempotency-key": `replayed-${frames}` } : own);
        if (round >= 0) (times[`${name} ${frames}`] ??= []).push(found);
      }
    }
  }
} finally {
  gateway.stop();
  simulator.stop();
}
const figures = Object.fromEntries(Object.keys(ways).map((name) => {
  const [few, many] = FRAMES.map((frames) => times[`${name} ${frames}`]);
  const last = (of) => median(of.map(({ last }) => last));
  return [name, { first: median(few.map(({ first }) => first)), frame: (last(many) - last(few)) / (FRAMES[1] - FRAMES[0]) }];
}));
const { first, frame } = figures["without a key"];
console.log(`A streamed call, ${ROUNDS} rounds, one client (ratio to a call without a key in the same run):`);
for (const [name, of] of Object.entries(figures)) {
  console.log(`${name.padEnd(14)} first byte ${of.first.toFixed(2)} ms (${(of.first / first).toFixed(2)} ×), each further frame ${(of.frame * 1000).toFixed(0)} µs (${(of.frame / frame).toFixed(2)} ×)`);
}
