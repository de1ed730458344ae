// From nothing to the first answer: raw workerd is started, and asked for a chat until that is answered with 200. Beside it
// what no gateway can be faster than: a Worker in JavaScript that only forwards, whose start is workerd's own, the same with
// our objects bound, and with our Wasm that nobody uses. `node bench/start.mjs`; BENCH_TURNS (9).
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { classNames, digest, startSimulator, startWorkerd } from "./workerd.mjs";

const turns = Number(process.env.BENCH_TURNS ?? 9);
const KEY = "pg_bench";
const simulator = await startSimulator();
const { access_token: token } = await (await fetch(`${simulator.url}/oauth/token`, {
  method: "POST", headers: { authorization: `Basic ${btoa("dev-client:dev-secret")}` },
  body: new URLSearchParams({ grant_type: "client_credentials" }),
})).json();
const settings = {
  CLIENT_KEYS: `bench:${digest(KEY)}`, CONTEXT_WINDOW: "8192", TOKEN_COUNT: "cl100k_base", UPSTREAM_CLIENT_ID: "dev-client",
  UPSTREAM_CLIENT_SECRET: "dev-secret", UPSTREAM_API_URL: simulator.url, UPSTREAM_LOGIN_URL: simulator.url,
};
const body = JSON.stringify({
  systemInstructions: ["Be brief."], context: [{ role: "user", content: "Where is my parcel?" }], temperature: 0.3, maxTokens: 4, modelId: "support-small",
});

/** ms from the first request of a Worker that nobody has asked anything yet to its answer, and to that of the next one. */
async function first(start) {
  const worker = await start();
  const ask = async () => {
    const began = performance.now();
    const response = await fetch(`${worker.url}/v1/chat`, { method: "POST", body, headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json", accept: "application/json" } });
    if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
    await response.text();
    return performance.now() - began;
  };
  const taken = [worker.started, await ask(), await ask()];
  await worker.stop();
  return taken;
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
const forward = new URL("forward.js", import.meta.url).pathname;
const folder = new URL("../target/bench-start/", import.meta.url).pathname;
mkdirSync(folder, { recursive: true });
const withObjects = readFileSync(forward, "utf8") + classNames.map((name) => `export class ${name} {}\n`).join("");
writeFileSync(`${folder}objects.js`, withObjects);
writeFileSync(`${folder}wasm.js`, `import "./index_bg.wasm";\n${withObjects}`);
const other = (script, options) => () => startWorkerd({ UPSTREAM: simulator.url, TOKEN: token, KEY: "dev-key" }, { script, ...options });
const WHO = {
  Promptgate: () => startWorkerd(settings),
  "forwarding Worker": other(forward),
  "… and our objects": other(`${folder}objects.js`, { onDisk: true }),
  "… and our Wasm": other(`${folder}wasm.js`, { onDisk: true, wasm: true }),
};
const measured = Object.fromEntries(Object.keys(WHO).map((who) => [who, []]));
for (let turn = 0; turn < turns; turn++) for (const [who, start] of Object.entries(WHO)) measured[who].push(await first(start));
console.log(`Start, median of ${turns} turns, ms: the process until it answers /healthz (modules compiled, Wasm instantiated), the first chat, the second`);
const rows = Object.fromEntries(Object.entries(measured).map(([who, taken]) => [who, [0, 1, 2].map((at) => median(taken.map((one) => one[at])))]));
for (const [who, row] of Object.entries(rows)) console.log(`${who.padEnd(20)} ${row.map((value) => value.toFixed(1).padStart(8)).join("")}`);
const total = (who) => rows[who][0] + rows[who][1];
const [ours, least] = [total("Promptgate"), total("… and our Wasm")];
console.log(`From the process's start to the first 200: ${ours.toFixed(1)} ms, of which ${least.toFixed(1)} are workerd's for the same objects and a Wasm of this size that does nothing; aim: at most 60 ms, ${ours <= 60 ? "met" : `missed by ${(ours / 60).toFixed(2)} times`}`);
simulator.stop();
process.exit(0);
