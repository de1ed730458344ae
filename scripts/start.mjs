// Runs the simulator and the Worker until interrupted; prints the address and three things that work.
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";

/** `wanted` if it is free, else any free port. */
async function port(wanted) {
  const attempt = (port) => new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => {
      const free = server.address().port;
      server.close(() => resolve(free));
    });
  });
  return (await attempt(wanted)) ?? (await attempt(0));
}

// Local secrets, made once. The key itself is in a comment, so that the curl below can show it.
if (!existsSync(".dev.vars")) {
  const key = `pg_dev_${randomBytes(16).toString("hex")}`;
  const example = readFileSync(".dev.vars.example", "utf8");
  const auditor = `pg_dev_${randomBytes(16).toString("hex")}`;
  const digest = (key) => createHash("sha256").update(key).digest("hex");
  const entries = `CLIENT_KEYS="dev:${digest(key)}:admin dev:${digest(auditor)}:audit"`;
  const said = `# development key: ${key}\n# development key that may audit: ${auditor}\n`;
  const ring = `SEAL_KEYS="dev:${randomBytes(32).toString("base64")}"`;
  writeFileSync(".dev.vars", said + example.replace(/^CLIENT_KEYS=.*$/m, entries).replace(/^SEAL_KEYS=.*$/m, ring), { mode: 0o600 });
}
const secrets = readFileSync(".dev.vars", "utf8");
const key = /^# development key: (\S+)$/m.exec(secrets)?.[1] ?? "YOUR_KEY";
const auditor = /^# development key that may audit: (\S+)$/m.exec(secrets)?.[1] ?? "YOUR_KEY";

// A model of your own behind the gateway: UPSTREAM is the address of an OpenAI-compatible server, and OPENAI_API_KEY its
// key, or that of OpenAI itself. The simulator then keeps templates and provisioned models only.
const { OPENAI_API_KEY: openaiKey, UPSTREAM: own = openaiKey && "https://api.openai.com/v1" } = process.env;
const withoutKey = secrets.replace(/^OPENAI_API_KEY=.*\n/gm, "").replace(/\n*$/, "\n");
writeFileSync(".dev.vars", openaiKey ? `${withoutKey}OPENAI_API_KEY=${JSON.stringify(openaiKey)}\n` : withoutKey, { mode: 0o600 });
const models = own ? [
  "--var", `UPSTREAMS:${JSON.stringify([{ name: "own", wire: "openai", url: own, ...(openaiKey && { credential: { secret: "OPENAI_API_KEY" } }) }])}`,
  "--var", `MODELS:${JSON.stringify([{ name: "*", targets: [{ upstream: "own" }] }])}`,
] : [];
const model = process.env.MODEL ?? (openaiKey && !process.env.UPSTREAM ? "gpt-4o-mini" : "support-small");

// Beside what wrangler keeps for the gateway: deleting .wrangler makes both forget.
const STATE = ".wrangler/simulator.json";
mkdirSync(".wrangler", { recursive: true });

const upstream = await port(8788);
const gateway = await port(Number(process.env.PORT ?? 8787));
const children = [
  spawn("target/debug/promptgate-simulator", ["--port", upstream, "--rate", "30", "--exit-with-stdin", "--state", STATE], { stdio: ["pipe", "ignore", "inherit"] }),
  spawn("wrangler", [
    "dev", "--port", gateway, "--ip", "127.0.0.1", "--show-interactive-dev-session=false", "--log-level", "log",
    "--var", `UPSTREAM_API_URL:http://127.0.0.1:${upstream}`, "--var", `UPSTREAM_LOGIN_URL:http://127.0.0.1:${upstream}`,
    ...models,
  ], { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, PROMPTGATE_BUILT: "1", WRANGLER_SEND_METRICS: "false" } }),
];
const [, worker] = children;

// Before it is up, wrangler's own talk is kept for the case that it fails; after, the Worker's log is shown.
let talk = "", up = false;
for (const stream of [worker.stdout, worker.stderr]) {
  stream.on("data", (text) => (up ? process.stdout.write(text) : (talk += text)));
}
let stopping = false;
const stop = (code) => {
  if (stopping) return;
  stopping = true;
  for (const child of children) child.kill();
  process.exitCode = code;
};
process.on("SIGINT", () => stop(0));
process.on("SIGTERM", () => stop(0));
for (const child of children) {
  child.on("exit", () => {
    if (!stopping) console.error(talk, "\nA part of the gateway has ended; stopping.");
    stop(1);
  });
}

const url = `http://127.0.0.1:${gateway}`;
for (let tries = 0; !stopping; tries++) {
  const health = await fetch(`${url}/healthz`).catch(() => undefined);
  if (health?.ok) break;
  if (health && tries > 20) console.error(await health.text());
  if (tries > 300) {
    console.error(talk);
    stop(1);
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
}
if (!stopping) {
  up = true;
  console.log(`
Promptgate is at   ${url}
its upstream, ${own ?? `the simulator, at http://127.0.0.1:${upstream}`}

Try it:

curl -N ${url}/v1/chat -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' -d '{"systemInstructions":["Be brief."],"context":[{"role":"user","content":"Where is my parcel?"}],"temperature":0.3,"maxTokens":200,"modelId":"${model}"}'

With any OpenAI client, its base address and its key changed:

curl -N ${url}/openai/v1/chat/completions -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' -d '{"model":"${model}","stream":true,"messages":[{"role":"user","content":"Where is my parcel?"}]}'

from openai import OpenAI
client = OpenAI(base_url="${url}/openai/v1", api_key="${key}")
answer = client.chat.completions.create(model="${model}", messages=[{"role": "user", "content": "Where is my parcel?"}])
print(answer.choices[0].message.content)

What was done: curl ${url}/v1/audit -H 'Authorization: Bearer ${auditor}'

Ctrl-C stops both. Below is the gateway's log.
`);
}
