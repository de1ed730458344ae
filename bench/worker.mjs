// The Worker's added time: the same requests to the gateway in raw workerd and to the simulator directly,
// in turns, by wrk, at 1 and 16 connections, whole and streamed. Answers of 4 and of 64 frames, since each
// frame that upstream flushes is a read of its own, and the reads are what costs.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { compatibility } from "../tests/support/gateway.mjs";

if (spawnSync("wrk", ["--version"]).error) {
  console.log("The Worker's benchmark is left out: `wrk` is missing (Debian: apt-get install wrk).");
  process.exit(0);
}
const folder = new URL("../target/bench-worker/", import.meta.url).pathname;
mkdirSync(folder, { recursive: true });

const simulator = spawn("target/release/promptgate-simulator", ["--exit-with-stdin"], { stdio: ["pipe", "pipe", "inherit"] });
const [line] = await once(createInterface({ input: simulator.stdout }), "line");
const upstream = line.replace("listening on ", "");

const server = createServer().listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address();
await new Promise((done) => server.close(done));
const gateway = `http://127.0.0.1:${port}`;

const KEY = "pg_bench";
const build = new URL("../worker/build/", import.meta.url).pathname;
const bindings = {
  CLIENT_KEYS: `bench:${createHash("sha256").update(KEY).digest("hex")}`,
  UPSTREAM_CLIENT_ID: "dev-client", UPSTREAM_CLIENT_SECRET: "dev-secret",
  UPSTREAM_API_URL: upstream, UPSTREAM_LOGIN_URL: upstream, CONTEXT_WINDOW: "8192",
};
writeFileSync(`${folder}config.capnp`, `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["public", "private", "local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [
    (name = "index.js", esModule = embed "../../worker/build/index.js"),
    (name = "./index_bg.wasm", wasm = embed "../../worker/build/index_bg.wasm"),
  ],
  compatibilityDate = "${compatibility.date}",
  compatibilityFlags = ${JSON.stringify(compatibility.flags)},
  bindings = [${Object.entries(bindings).map(([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`).join(", ")}],
);
`);
const workerd = spawn("node_modules/.bin/workerd", ["serve", `${folder}config.capnp`], { stdio: ["ignore", "ignore", "ignore"] });
for (let tries = 0; ; tries++) {
  if ((await fetch(`${gateway}/healthz`).catch(() => undefined))?.ok) break;
  if (tries > 100) throw new Error("workerd does not start");
  await new Promise((resolve) => setTimeout(resolve, 50));
}

const { access_token: token } = await (await fetch(`${upstream}/oauth/token`, {
  method: "POST", headers: { authorization: `Basic ${btoa("dev-client:dev-secret")}` },
  body: new URLSearchParams({ grant_type: "client_credentials" }),
})).json();
const body = (maxTokens) => JSON.stringify({
  systemInstructions: ["You help customers of an online shop. Be brief."],
  context: [{ role: "agent", content: "Hello, how can I help?" }, { role: "user", content: "Where is my parcel?" }],
  temperature: 0.3, maxTokens, modelId: "support-small",
});
const script = (name, frames, bearer, accept) => {
  writeFileSync(`${folder}${name}-${frames}.lua`, `wrk.method = "POST"
wrk.body = ${JSON.stringify(body(frames))}
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer ${bearer}"
wrk.headers["Accept"] = "${accept}"
done = function(summary, latency)
  io.write(string.format("RESULT %f %f %d %d\\n", latency:percentile(50), summary.requests / summary.duration * 1e6,
    summary.requests, summary.errors.status + summary.errors.read + summary.errors.connect + summary.errors.timeout))
end
`);
  return `${folder}${name}-${frames}.lua`;
};
const targets = (frames) => ({
  direct: [`${upstream}/api/v2/ai/llm-gateway/chat`, script("direct", frames, token, "application/json")],
  whole: [`${gateway}/v1/chat`, script("whole", frames, KEY, "application/json")],
  streamed: [`${gateway}/v1/chat`, script("streamed", frames, KEY, "text/event-stream")],
});
const seconds = Number(process.env.BENCH_SECONDS ?? 4);
function run([url, lua], connections) {
  const { stdout } = spawnSync("wrk", ["-t1", `-c${connections}`, `-d${seconds}s`, "-s", lua, url], { encoding: "utf8" });
  const [, p50, rate, , errors] = /RESULT (\S+) (\S+) (\S+) (\S+)/.exec(stdout).map(Number);
  if (errors > 0) throw new Error(`${errors} errors: ${stdout}`);
  return { p50: p50 / 1000, rate };
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
const column = (value, width) => String(value).padStart(width);

console.log("The Worker in raw workerd beside the simulator called directly (median of 3 turns)");
console.log("frames  connections  what       p50 ms   added ms     req/s   of direct");
for (const frames of [4, 64]) {
  const measured = targets(frames);
  for (const target of Object.values(measured)) run(target, 1);
  for (const connections of [1, 16]) {
    const turn = () => Object.fromEntries(Object.entries(measured).map(([name, target]) => [name, run(target, connections)]));
    const turns = [turn(), turn(), turn()];
    for (const name of Object.keys(measured)) {
      const over = (figure) => median(turns.map(figure));
      console.log([
        column(frames, 6), column(connections, 12), `  ${name.padEnd(9)}`,
        column(over((turn) => turn[name].p50).toFixed(2), 8),
        column(over((turn) => turn[name].p50 - turn.direct.p50).toFixed(2), 11),
        column(over((turn) => turn[name].rate).toFixed(0), 10),
        column(over((turn) => turn[name].rate / turn.direct.rate).toFixed(2), 12),
      ].join(""));
    }
  }
}
workerd.kill("SIGKILL");
simulator.stdin.end();
