// `promptgate models`, as packed: from one gateway in workerd to another.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { MANAGER, startGateway } from "../support/gateway.mjs";
import { startSimulator } from "../support/simulator.mjs";
import { ROOT, install } from "./support.mjs";

const folder = join(install("models"), "work");
const BIN = join(folder, "../node_modules/.bin/promptgate");
const CANARY = "canary-key-0123456789";
const example = (name) => JSON.parse(readFileSync(join(ROOT, "examples/models", `${name}.json`), "utf8"));
const simulators = [], gateways = [];
before(async () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const ENVIRONMENT of ["dev", "staging"]) {
    const simulator = await startSimulator();
    simulators.push(simulator);
    gateways.push(await startGateway(simulator, { MODEL_POLL_MS: "5", ENVIRONMENT }));
  }
});
after(async () => {
  for (const one of [...gateways, ...simulators]) await one.stop();
});

const run = (gateway, args) =>
  new Promise((resolve) => {
    const env = { ...process.env, PROMPTGATE_URL: gateway.url, PROMPTGATE_KEY: MANAGER };
    execFile("node", [BIN, "models", ...args], { cwd: folder, env, encoding: "utf8" }, (error, out, err) => resolve({ code: error?.code ?? 0, out, err }));
  });
const actions = ({ out }) => JSON.parse(out).models.map(({ name, action }) => [name, action]);

test("C6: models are exported, planned and applied in another environment, and a second time nothing is to be done", async () => {
  const [dev, staging] = gateways;
  for (const name of ["parcel-intent", "ticket-classifier"]) {
    const { body } = await dev.ask("POST", "/v1/models", { ...example(name), credentials: { apiKey: CANARY } });
    await dev.ask("GET", `/v1/models/${body.model.id}/events`);
    if (name === "parcel-intent") {
      const configuration = { ...example("configurations/strict"), model_id: body.model.id };
      assert.equal((await dev.ask("PUT", `/v1/models/${body.model.id}/configuration`, configuration)).status, 200);
    }
  }
  const exported = await run(dev, ["export", "out", "--to", "staging,prod"]);
  assert.equal(exported.code, 0, exported.err);
  const files = readdirSync(join(folder, "out"));
  assert.equal(files.length, 2);
  const text = files.map((file) => readFileSync(join(folder, "out", file), "utf8")).join("");
  assert.ok(!text.includes(CANARY) && !text.includes("model_id"), text);
  assert.ok(text.includes('"environment": "dev"') && text.includes("temperature_matrix"));
  // The environments are in the row.
  const rows = await dev.rows(2, /^model\.export$/);
  assert.deepEqual(rows[0].details.synced_environments, ["staging", "prod"]);
  assert.match((await run(dev, ["export", "out"])).out, /^leave .*\nleave /, "unchanged");

  const plan = await run(staging, ["plan", "out", "--format", "json"]);
  assert.deepEqual(actions(plan).map(([, action]) => action), ["create", "create"], plan.err);
  assert.deepEqual(await simulators[1].kept("models"), []);
  const keyless = await run(staging, ["apply", "out"]);
  assert.equal(keyless.code, 2);
  assert.match(keyless.err, /There is no key for .*--credentials/);
  writeFileSync(join(folder, "keys.json"), JSON.stringify({ anthropic: { apiKey: `${CANARY}-a` }, openai: { apiKey: `${CANARY}-o` } }));
  const applied = await run(staging, ["apply", "out", "--credentials", "keys.json"]);
  assert.equal(applied.code, 0, applied.out + applied.err);
  assert.doesNotMatch(applied.out + applied.err, /canary/);
  const there = await simulators[1].kept("models");
  assert.deepEqual([there.length, there.filter(({ configuration }) => configuration !== null).length], [2, 1]);
  assert.deepEqual(actions(await run(staging, ["plan", "out", "--format", "json"])).map(([, action]) => action), ["leave", "leave"]);
  assert.equal((await run(staging, ["apply", "out"])).code, 0, "what is left needs no key");

  // A configuration that has changed is configured, a definition that has changed is another model.
  for (const file of files) {
    const path = join(folder, "out", file);
    const document = JSON.parse(readFileSync(path, "utf8"));
    if (document.configuration) document.configuration.max_tokens = 1024;
    else document.modelDefinition.configuration.temperature = 0.3;
    writeFileSync(path, JSON.stringify(document));
  }
  const changed = JSON.parse((await run(staging, ["plan", "out", "--format", "json"])).out).models;
  assert.deepEqual(changed.map(({ action, changes }) => [action, changes]).sort(), [
    ["configure", ["$.configuration.max_tokens"]], ["create", ["$.modelDefinition.configuration.temperature"]],
  ]);
  await simulators[1].provisioning({ statuses: ["FAILED"] });
  const failed = await run(staging, ["apply", "out", "--credentials", "keys.json"]);
  assert.equal(failed.code, 1);
  assert.match(failed.out, /^FAILED .*The upstream could not provide the model/m);
  assert.match(failed.out, /^configure /m, "the others are done");
});

test("called wrongly it says how", async () => {
  const [dev] = gateways;
  mkdirSync(join(folder, "odd"));
  writeFileSync(join(folder, "odd/a.json"), "{}");
  for (const [args, said] of [
    [[], /Name the action/], [["import", "out"], /Name the action/], [["plan"], /Name the folder/], [["plan", "nowhere"], /no folder/],
    [["plan", "odd"], /has no modelDefinition/], [["plan", "odd", "--credentials", "x"], /an option of models apply/],
    [["apply", "out", "--credentials", "nowhere.json"], /no file/], [["export", "x", "--to", "a b!"], /400/],
  ]) {
    const { code, err } = await run(dev, args);
    assert.equal(code, 2, `${args}: ${err}`);
    assert.match(err, said);
  }
});
