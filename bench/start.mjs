// From nothing to the first answer: raw workerd is started, and asked for a chat until that is answered with 200. Beside
// it a Worker in JavaScript that only forwards, whose start is workerd's own. `node bench/start.mjs`; BENCH_TURNS (9).
import { digest, startSimulator, startWorkerd } from "./workerd.mjs";

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
const WHO = {
  Promptgate: () => startWorkerd(settings),
  "forwarding Worker": () => startWorkerd({ UPSTREAM: simulator.url, TOKEN: token, KEY: "dev-key" }, { script: new URL("forward.js", import.meta.url).pathname }),
};
const measured = Object.fromEntries(Object.keys(WHO).map((who) => [who, []]));
for (let turn = 0; turn < turns; turn++) for (const [who, start] of Object.entries(WHO)) measured[who].push(await first(start));
console.log(`Start, median of ${turns} turns, ms: the process until it answers /healthz (modules compiled, Wasm instantiated), the first chat, the second`);
const rows = Object.fromEntries(Object.entries(measured).map(([who, taken]) => [who, [0, 1, 2].map((at) => median(taken.map((one) => one[at])))]));
for (const [who, row] of Object.entries(rows)) console.log(`${who.padEnd(20)} ${row.map((value) => value.toFixed(1).padStart(8)).join("")}`);
const [ours, theirs] = [rows.Promptgate, rows["forwarding Worker"]];
const own = ours[0] + ours[1] - theirs[0] - theirs[1];
console.log(`From the process's start to the first 200: ${(ours[0] + ours[1]).toFixed(1)} ms, ${own.toFixed(1)} more than the forwarding Worker (${((ours[0] + ours[1]) / (theirs[0] + theirs[1])).toFixed(2)} times); aim: at most 60 ms, ${ours[0] + ours[1] <= 60 ? "met" : `missed by ${((ours[0] + ours[1]) / 60).toFixed(2)} times`}`);
simulator.stop();
process.exit(0);
