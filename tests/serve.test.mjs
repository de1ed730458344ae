// `npm run serve`: raw workerd as a service, its data on disk, its settings from the environment.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ADMIN, KEY, MANAGER, request } from "./support/gateway.mjs";
import { startService } from "./support/service.mjs";
import { SETTINGS, secretsOf } from "../scripts/workerd.mjs";
import { startSimulator } from "./support/simulator.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
let simulator, data, service;
before(async () => {
  simulator = await startSimulator();
  data = mkdtempSync(join(tmpdir(), "promptgate-serve-"));
});
afterEach(() => service?.stop());
after(async () => {
  await simulator?.stop();
  rmSync(data, { recursive: true, force: true });
});

const serve = (environment = {}) => startService(simulator, data, environment);
const ask = (url, method, path, key, body) => fetch(url + path, {
  method, headers: { authorization: `Bearer ${key}`, ...(body && { "content-type": "application/json" }) }, body: body && JSON.stringify(body),
});

test("it serves, stops in good order, and has its templates and metrics after a restart", { timeout: 60_000 }, async () => {
  service = await serve();
  const made = await ask(service.url, "POST", "/v1/templates", MANAGER, JSON.parse(readFileSync(`${root}examples/templates/${readdirSync(`${root}examples/templates`)[0]}`, "utf8")));
  assert.equal(made.status, 201, await made.clone().text());
  const { id } = await made.json();

  // an answer that is under way when the service is told to stop comes whole
  await simulator.fault({ kind: "gate", after_frames: 2 });
  const stream = ask(service.url, "POST", "/v1/chat", KEY, request());
  await simulator.wait({ held: 1 });
  service.child.kill("SIGTERM");
  await simulator.openGate();
  const text = await (await stream).text();
  assert.match(text, /event: done/);
  const { code, said } = await service.ended;
  assert.equal(code, 0, said);

  service = await serve();
  const read = await ask(service.url, "GET", `/v1/templates/${id}`, KEY);
  assert.equal(read.status, 200);
  assert.match(await (await ask(service.url, "GET", "/v1/metrics", MANAGER)).text(), /promptgate_requests_total\{/);
  service.child.kill("SIGINT");
  assert.equal((await service.ended).code, 0);
});

// Rows C6, H.
test("told to stop right after its last answers, it has their rows in the chain and their events at the receiver", { timeout: 60_000 }, async () => {
  const webhooks = { WEBHOOK_URL: `${simulator.url}/_simulator/webhook`, WEBHOOK_PRIVATE: "true" };
  service = await serve(webhooks);
  const answers = await Promise.all(Array.from({ length: 5 }, () => service.ask("POST", "/v1/chat", request(), KEY)));
  service.child.kill("SIGTERM");
  const { code, said } = await service.ended;
  assert.equal(code, 0, said);
  assert.deepEqual(answers.map(({ status }) => status), [200, 200, 200, 200, 200]);

  const sent = said.split("\n").filter((line) => /"action":"chat\.complete"/.test(line)).map((line) => JSON.parse(line.slice(line.indexOf("{"))));
  assert.equal(sent.length, 5, said);
  service = await serve(webhooks);
  const kept = (await (await ask(service.url, "GET", "/v1/audit", ADMIN)).text()).trim().split("\n").map((line) => JSON.parse(line).row?.id);
  for (const { id } of sent) assert.ok(kept.includes(id), `the row ${id} is in the chain`);
  const told = async () => new Set((await simulator.webhooks()).map(({ body }) => body.request_id));
  for (const { request_id } of sent) while (!(await told()).has(request_id)) await new Promise((resolve) => setTimeout(resolve, 50));
});

// Rows C2, H.
test("told to stop while a model is being looked for, it waits for the answer, and goes on from it after a restart", { timeout: 60_000 }, async () => {
  await simulator.provisioning({ polls: 1 });
  service = await serve({ MODEL_POLL_MS: "100" });
  await simulator.fault({ kind: "delay", ms: 700 }, { on: "model_get" });
  const { model: { id } } = (await service.ask("POST", "/v1/models", JSON.parse(readFileSync(`${root}examples/models/ticket-classifier.json`, "utf8")))).body;
  await simulator.wait({ model_get: 1 });
  await service.stop();

  service = await serve({ MODEL_POLL_MS: "100" });
  const status = async () => (await service.ask("GET", `/v1/models/${id}`)).body.status;
  // An answer that was lost is waited for until half a minute after its request.
  for (let tries = 0; await status() !== "ACTIVE"; tries++) {
    assert.ok(tries < 400, await status());
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
});

test("no secret is written to the disk, and what is wrong with the settings is said", { timeout: 60_000 }, async () => {
  service = await serve({ UPSTREAM_CLIENT_SECRET: "canary-secret", MAX_LATENCY_MS: "5s" });
  assert.match(service.said(), /MAX_LATENCY_MS/);
  assert.doesNotMatch(service.said(), /canary/);
  assert.doesNotMatch(readFileSync(join(data, "workerd.capnp"), "utf8"), /canary|dev-client/);
  service.child.kill("SIGTERM");
  await service.ended;
});

test("a port that another program has is named, and nothing is started", async () => {
  const other = createServer((_, response) => response.end("{}")).listen(0, "127.0.0.1");
  await once(other, "listening");
  const child = spawn(process.execPath, ["scripts/serve.mjs"], { cwd: root, env: { ...process.env, PORT: other.address().port, DATA: data } });
  let said = "";
  child.stderr.on("data", (chunk) => (said += chunk));
  const [code] = await once(child, "close");
  other.close();
  assert.equal(code, 1, said);
  assert.match(said, /^The gateway cannot listen at 127\.0\.0\.1:\d+ \(EADDRINUSE\): set HOST or PORT, or stop what is there\.\n$/);
});

/** What the service says before it ends by itself, with its exit code. */
async function refused(environment) {
  const child = spawn(process.execPath, ["scripts/serve.mjs"], { cwd: root, env: { PATH: process.env.PATH, PORT: "0", DATA: data, ...environment } });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk));
  const [code] = await once(child, "close");
  return { code, said };
}

test("a folder that cannot be written in, and a time that is none, are named, and nothing is started", async () => {
  const file = join(data, "file");
  writeFileSync(file, "");
  for (const [environment, expected] of [
    [{ DATA: file }, /^The gateway cannot write in \/.+\/file \(ENOTDIR\): set DATA to a folder of its own that it may write in\.\n$/],
    [{ GRACE_SECONDS: "30s" }, /^GRACE_SECONDS must be a whole number of seconds, from 0 to 999999\.\n$/],
  ]) {
    const { code, said } = await refused(environment);
    assert.equal(code, 1, said);
    assert.match(said, expected);
  }
});

test("a second gateway is kept out of the folder of the first, until that has ended, however it ended", { timeout: 60_000 }, async () => {
  service = await serve();
  const second = await refused();
  assert.deepEqual([second.code, second.said], [1, `Another gateway has its data in ${data}: stop it, or set DATA to another folder.\n`]);
  assert.equal((await service.ask("GET", "/healthz")).status, 200);
  await service.kill();
  service = await serve({ HOST: "", GRACE_SECONDS: "" });
  assert.match(service.said(), /Promptgate is at http:\/\/127\.0\.0\.1:/, "what is empty is not set");
});

test("a setting whose name is misspelt is named", { timeout: 60_000 }, async () => {
  service = await serve({ GUARD_OUPUT: "{\"canary\": 1}" });
  assert.match(service.said(), /^There is no setting GUARD_OUPUT: did you mean GUARD_OUTPUT\? It has no effect\.$/m);
  assert.doesNotMatch(service.said(), /canary/);
});

test("every setting that is described is passed on", () => {
  const described = new Set();
  for (const row of readFileSync(`${root}docs/settings.md`, "utf8").matchAll(/^\| (`[A-Z_]+`(?:, `[A-Z_]+`)*) \|/gm)) {
    for (const [, name] of row[1].matchAll(/`([A-Z_]+)`/g)) described.add(name);
  }
  assert.ok(described.size > 15);
  for (const name of described) assert.ok(SETTINGS.includes(name), name);
  assert.deepEqual(SETTINGS, [...SETTINGS].sort());
  assert.deepEqual(secretsOf(JSON.stringify([{ credential: { secret: "OPENAI_API_KEY" } }, { credential: { clientId: "A", clientSecret: "B" } }, {}])), ["OPENAI_API_KEY", "A", "B"]);
  assert.deepEqual(secretsOf(JSON.stringify([{ secrets: ["NEW", "OLD"] }])), ["NEW", "OLD"]);
  // One entry with a fault keeps no other from its secret: the gateway reports the one that is wrong.
  const wrong = [{ credential: null }, null, 5, { secrets: "A" }, { secrets: [5] }, { credential: { secret: {} } }, { credential: { secret: "sk-x" } }];
  assert.deepEqual(secretsOf(JSON.stringify([...wrong, { credential: { secret: "B" } }])), ["A", "B"]);
  assert.deepEqual([secretsOf("{"), secretsOf(undefined)], [[], []]);
});
