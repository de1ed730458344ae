// `promptgate sync` and `promptgate export`, as packed, against the gateway in workerd.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { KEY, MANAGER, startGateway } from "../support/gateway.mjs";
import { startSimulator } from "../support/simulator.mjs";
import { ROOT, install } from "./support.mjs";

const folder = join(install("sync"), "work");
const BIN = join(folder, "../node_modules/.bin/promptgate");
let simulator, gateway;
before(async () => {
  simulator = await startSimulator();
  gateway = await startGateway(simulator);
});
beforeEach(async () => {
  await simulator.reset();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
});
after(async () => {
  await gateway?.stop();
  await simulator?.stop();
});

const run = (args, env = { PROMPTGATE_URL: gateway.url, PROMPTGATE_KEY: MANAGER }) =>
  new Promise((resolve) => {
    const { PROMPTGATE_URL, PROMPTGATE_KEY, ...rest } = process.env;
    execFile("node", [BIN, ...args], { cwd: folder, env: { ...rest, ...env }, encoding: "utf8" }, (error, out, err) => resolve({ code: error?.code ?? 0, out, err }));
  });
const template = (name, text = "Hello <name>{{name}}</name>") => ({ name, system_instruction: "Be brief.", user_template: text, variables: text.includes("{{name}}") ? ["name"] : [] });
const write = (files) => {
  mkdirSync(join(folder, "prompts/deep"), { recursive: true });
  for (const [name, document] of Object.entries(files)) writeFileSync(join(folder, "prompts", name), JSON.stringify(document));
};
const kept = async () => (await simulator.kept("prompts")).map(({ name, version }) => [name, version]);

test("a folder is brought to the gateway: planned, done, and done only once", async () => {
  write({ "a.json": template("greeting one"), "deep/b.json": template("greeting two", "Hi"), "notes.txt": "no template" });
  const planned = await run(["sync", "prompts", "--dry-run"]);
  assert.deepEqual([planned.code, planned.out], [0, `create  ${join("prompts", "a.json")}  greeting one\ncreate  ${join("prompts", "deep", "b.json")}  greeting two\n`], planned.err);
  assert.deepEqual(await kept(), []);
  assert.equal((await run(["sync", "prompts"])).code, 0);
  assert.equal((await kept()).length, 2);
  write({ "a.json": template("greeting one", "Goodbye") });
  const again = await run(["sync", "prompts", "--format", "json"]);
  const { templates } = JSON.parse(again.out);
  assert.deepEqual(templates.map(({ file, action }) => [file, action]), [[join("prompts", "a.json"), "update"], [join("prompts", "deep", "b.json"), "leave"]]);
  assert.match((await run(["sync", "prompts"])).out, /^leave {3}.*\nleave/);
});

test("what fails ends with 1, what is refused with 2 and the file's name", async () => {
  write({ "a.json": template("greeting one"), "b.json": template("greeting two") });
  await simulator.fault({ kind: "status", status: 500 }, { on: "prompt_create" });
  const failed = await run(["sync", "prompts"]);
  assert.equal(failed.code, 1);
  assert.match(failed.out, /^FAILED \(upstream_error\) {2}prompts.a\.json/m);
  write({ "b.json": { ...template("greeting two"), user_template: "Hello {{nme}}" } });
  const refused = await run(["sync", "prompts"]);
  assert.equal(refused.code, 2);
  assert.match(refused.err, /prompts.b\.json \$\.(user_template|variables)/);
  write({ "b.json": template("greeting two") });
  for (const [args, env, said] of [
    [["sync"], undefined, /Name the folder/],
    [["sync", "nowhere"], undefined, /no folder/],
    [["sync", "prompts", "--url", "ftp://x"], undefined, /https/],
    [["sync", "prompts"], { PROMPTGATE_KEY: MANAGER }, /PROMPTGATE_URL/],
    [["sync", "prompts"], { PROMPTGATE_URL: gateway.url }, /PROMPTGATE_KEY/],
    [["sync", "prompts"], { PROMPTGATE_URL: gateway.url, PROMPTGATE_KEY: KEY }, /403 forbidden/],
    [["sync", "prompts"], { PROMPTGATE_URL: gateway.url, PROMPTGATE_KEY: "canary\nkey" }, /character/],
    [["sync", "prompts"], { PROMPTGATE_URL: "http://127.0.0.1:9", PROMPTGATE_KEY: "canary" }, /does not answer/],
    [["sync", "prompts"], { PROMPTGATE_URL: simulator.url, PROMPTGATE_KEY: "canary" }, /./],
  ]) {
    const { code, err } = await run(args, env);
    assert.equal(code, 2, `${args} ${err}`);
    assert.match(err, said);
    assert.doesNotMatch(err, /canary|at .*\.js:/);
  }
  writeFileSync(join(folder, "prompts/b.json"), "{");
  assert.match((await run(["sync", "prompts"])).err, /b\.json is no JSON/);
});

test("E7: a version bears a label, which is moved, promoted and rolled back", async () => {
  write({ "a.json": template("greeting one") });
  await run(["sync", "prompts"]);
  write({ "a.json": template("greeting one", "Goodbye") });
  await run(["sync", "prompts"]);
  const label = async (...args) => {
    const { code, out, err } = await run(["label", ...args]);
    return code === 0 ? out : `${code} ${err}`;
  };
  assert.equal(await label("list", "greeting one"), "greeting one has no labels.\n");
  assert.equal(await label("set", "greeting one", "production", "1"), "production: version 1\n");
  assert.equal(await label("set", "greeting one", "staging", "latest"), "staging: version 2\n");
  assert.equal(await label("set", "greeting one", "production", "staging"), "production: version 1 → version 2\n");
  assert.equal(await label("set", "greeting one", "production", "2"), "production was version 2 already.\n");
  assert.match(await label("list", "greeting one"), /^production {2}version 2 since [\dT:-]{16}Z; before: 1\nstaging {2}version 2 since [\dT:-]{16}Z\n$/);
  assert.equal(await label("rollback", "greeting one", "production"), "production: version 2 → version 1\n");
  const { labels } = JSON.parse(await label("list", "greeting one", "--format", "json"));
  assert.deepEqual(labels.map(({ label, version }) => [label, version]), [["production", 1], ["staging", 2]]);
  assert.equal(await label("remove", "greeting one", "staging"), "staging is removed; it was version 2.\n");
  for (const [args, said] of [
    [["rollback", "greeting one", "production"], /^2 .*400 invalid_request.*no other version before/],
    [["rollback", "greeting one", "staging"], /^2 .*404 not_found.*has production/],
    [["set", "greeting one", "production", "9"], /^2 .*404 not_found/],
    [["set", "greeting one", "Production", "1"], /^2 .*400 invalid_request.*first one a letter/],
    [["set", "greeting one", "production", "beta"], /^2 VERSION is a number, latest, or a label of the template: production\./],
    [["set", "greeting one", "production"], /^2 promptgate label set takes TEMPLATE LABEL VERSION\./],
    [["list", "greeting two"], /^2 The gateway has no prompt template with the name "greeting two"/],
    [["list"], /^2 promptgate label list takes TEMPLATE\./],
    [["move"], /^2 Name the action/],
  ]) assert.match(await label(...args), said);
});

test("templates are written into a folder, and what was written is what the gateway has", async () => {
  for (const name of readdirSync(join(ROOT, "examples/templates"))) {
    const document = JSON.parse(readFileSync(join(ROOT, "examples/templates", name), "utf8"));
    if (document.user_template !== undefined) await gateway.ask("POST", "/v1/templates", document);
  }
  for (const name of ["../../etc/odd", "..", "ODD", "odd", "Grüße 😀"]) await gateway.ask("POST", "/v1/templates", template(`${name}  x`, "Hi"));
  const count = (await kept()).length;
  assert.ok(count >= 6);
  assert.equal((await run(["export", "out", "--dry-run"])).code, 0);
  assert.equal((await run(["export", "out"])).code, 0);
  const files = readdirSync(join(folder, "out"));
  assert.equal(files.length, count, `each has a file of its own: ${files}`);
  assert.deepEqual(readdirSync(folder), ["out"], "none is written elsewhere");
  const synced = JSON.parse((await run(["sync", "out", "--format", "json"])).out);
  assert.ok(synced.templates.every(({ action }) => action === "leave"), JSON.stringify(synced.templates));
  // A file that has the template already keeps its name and its notes.
  const [first] = files;
  const document = JSON.parse(readFileSync(join(folder, "out", first), "utf8"));
  rmSync(join(folder, "out", first));
  writeFileSync(join(folder, "out", "mine.json"), JSON.stringify({ $schema: "x", ...document, user_template: "old" }));
  const again = await run(["export", "out"]);
  assert.match(again.out, /^write {3}out.mine\.json/m);
  assert.deepEqual(JSON.parse(readFileSync(join(folder, "out/mine.json"), "utf8")), { $schema: "x", ...document });
});
