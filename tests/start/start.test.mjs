// What `npm start` prints works: its three things are run as they are, also with a model of one's own behind it. So is
// what docs/keys.md has for several teams.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startSimulator } from "../support/simulator.mjs";
import { python } from "../clients/clients.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const interpreter = python("python", "python");
if (!interpreter) console.log("\u001b[1;33mSKIPPED\u001b[0m the lines of the SDK that `npm start` prints: it is not installed here");
const run = promisify(execFile);

/** What was started and not stopped: a test that fails must not leave it. */
const running = new Set();

/** Starts it in `folder`, whose secrets and state are its own: `{ curls, lines, key, url, stop }`, what it has printed. */
async function start(folder, environment = {}) {
  const { OPENAI_API_KEY, UPSTREAM, MODEL, ...inherited } = process.env;
  const child = spawn(process.execPath, ["scripts/start.mjs"], {
    cwd: folder, stdio: ["ignore", "pipe", "pipe"],
    env: { ...inherited, PATH: `${root}node_modules/.bin:${process.env.PATH}`, PORT: "0", ...environment },
  });
  running.add(child);
  let said = "";
  await new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        said += text;
        if (/Ctrl-C stops both/.test(said)) resolve();
      });
    }
    child.on("exit", resolve);
  });
  const stop = async () => {
    running.delete(child);
    child.kill("SIGINT");
    if (child.exitCode === null) await once(child, "exit");
    assert.equal(child.exitCode, 0, said);
  };
  if (!/Ctrl-C stops both/.test(said)) assert.fail(said);
  return {
    said, stop,
    curls: [...said.matchAll(/curl .*/g)].map(([line]) => line),
    lines: /^from openai[\s\S]*?\n\n/m.exec(said)[0],
    key: /Bearer (\S+?)'/.exec(said)[1], url: /^Promptgate is at +(\S+)$/m.exec(said)[1],
  };
}

/** Runs what was printed; gives what the model has answered by each, and the audit log. */
async function follow({ curls: [own, completion, audit], lines }) {
  const shell = async (line) => (await run("bash", ["-c", line], { encoding: "utf8" })).stdout;
  const data = (text) => text.split("\n").filter((line) => line.startsWith("data: {")).map((line) => JSON.parse(line.slice(6)));
  const [chat, streamed] = [await shell(own), await shell(completion)];
  assert.match(chat, /^event: done$/m, chat);
  assert.match(streamed, /^data: \[DONE\]$/m, streamed);
  const answers = [
    data(chat).map(({ content }) => content ?? "").join(""),
    data(streamed).map(({ choices }) => choices[0]?.delta.content ?? "").join(""),
  ];
  if (interpreter) answers.push((await run(interpreter, ["-c", lines], { encoding: "utf8" })).stdout.trim());
  for (const answer of answers) assert.ok(answer.length > 10, JSON.stringify(answers));
  const rows = (await shell(audit)).trim().split("\n").map((line) => JSON.parse(line).row).filter((row) => row?.action === "chat.complete");
  return { answers, rows };
}

/** Does what docs/keys.md has for several teams, as it stands there; gives its output. */
async function runItForSeveralTeams({ url, key }) {
  const [, walk] = /^## Run it for several teams$[\s\S]*?```sh\n([\s\S]*?)```/m.exec(readFileSync(`${root}docs/keys.md`, "utf8"));
  const [, ...lines] = walk.trim().split("\n");
  // Limits count by the minute, and the walk's three calls are to fall into one.
  const left = 60_000 - (Date.now() % 60_000);
  if (left < 15_000) await new Promise((resolve) => setTimeout(resolve, left));
  const script = ["set -euo pipefail", `export PROMPTGATE_URL=${url} PROMPTGATE_KEY=${key}`, ...lines];
  return (await run("bash", ["-c", script.join("\n")], { cwd: root, encoding: "utf8" })).stdout;
}

/** Does every line of shell that a page has, as it stands there but for address and key; gives its output. */
async function walk(page, { url, key }) {
  const blocks = [...readFileSync(`${root}docs/${page}`, "utf8").matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block);
  const lines = blocks.join("\n").replaceAll(/(http:\/\/127\.0\.0\.1|localhost):8787/g, url).replaceAll("YOUR_KEY", key);
  // A pipe that is cut on purpose ends with an error.
  return (await run("bash", ["-c", `set -eu\n${lines}`], { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 })).stdout;
}

/** Follows the pages of which each line can be done here. What they print says whether it was so. */
async function walkAll(started) {
  const templates = await walk("templates.md", started);
  assert.deepEqual([...templates.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status), ["200", "412"], templates);
  assert.match(templates, /"dry_run":true/);
  assert.match(templates, /"content":".*Where is \{\{other\}\}\?/);
  assert.match(templates, /staging: (version \d+ → )?version \d+$/m);
  assert.match(templates, /^production: version \d+ → version \d+$/m);
  const models = await walk("models.md", started);
  assert.match(models, /event: ACTIVE|"status":"ACTIVE"/, models);
  assert.match(models, /"code":"invalid_request"/);
  assert.match(models, /"sanitizedInput":"My router/);
  assert.match(models, /"apiVersion"/);
  assert.doesNotMatch(models, /apiKey|unauthenticated/);
  const once = await walk("idempotency.md", started);
  assert.equal(once.match(/event: done/g)?.length, 2, once);
  assert.match(once, /\{"content":"[^"]+/);
}

// Rows O1, T2, T3.
test("what `npm start` prints works, as do the walks of the pages, twice, the state of the last time, and a model of one's own", { timeout: 600_000 }, async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "promptgate-start-")));
  for (const name of [".dev.vars.example", "wrangler.toml"]) cpSync(`${root}${name}`, join(folder, name));
  for (const name of ["node_modules", "scripts", "target", "worker", "www"]) symlinkSync(`${root}${name}`, join(folder, name));
  let upstream;
  try {
    const first = await start(folder);
    const { answers, rows } = await follow(first);
    assert.deepEqual(rows.map(({ outcome, model }) => [outcome, model]), answers.map(() => ["success", "support-small"]));
    const headers = { authorization: `Bearer ${first.key}`, "content-type": "application/json" };
    const template = { name: "kept", system_instruction: "Be brief.", user_template: "Reply to {{customer}}.", variables: ["customer"], max_tokens: 512 };
    const made = await fetch(`${first.url}/v1/templates`, { method: "POST", headers, body: JSON.stringify(template) });
    assert.equal(made.status, 201, await made.clone().text());
    const { id } = await made.json();
    const walked = (await runItForSeveralTeams(first)).split("\n");
    const json = walked.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
    const calls = json.slice(0, 4).map(({ status, code }) => [status, code]);
    assert.deepEqual(calls, [["success", undefined], ["success", undefined], ["success", undefined], [429, "limit_reached"]], walked.join("\n"));
    const [own, refused, all] = json.slice(4);
    assert.deepEqual(new Set(own.points.map(({ tenant }) => tenant)), new Set(["claims"]));
    assert.ok(own.points.some(({ code, requests }) => code === "limit_reached" && requests === 1), JSON.stringify(own));
    assert.deepEqual([refused.row.tenant, refused.row.code], ["claims", "limit_reached"]);
    assert.ok(["dev", "shop", "claims"].every((name) => all.points.some(({ tenant }) => tenant === name)), JSON.stringify(all));
    const list = walked.filter((line) => / active /.test(line));
    assert.deepEqual(list.map((line) => /claims, (\w+)/.exec(line)[1]), ["lead", "nightly"]);
    assert.match(walked.at(-2), /of shop, shop, production, is revoked/);
    // On what the walk has left behind it does the same again.
    assert.match((await runItForSeveralTeams(first)).split("\n").at(-2), /of shop, shop, production, is revoked/);
    for (let pass = 0; pass < 2; pass++) await walkAll(first);
    await first.stop();

    upstream = await startSimulator();
    const second = await start(folder, { UPSTREAM: `${upstream.url}/v1`, OPENAI_API_KEY: "dev-key" });
    assert.equal(second.key, first.key);
    const again = await follow(second);
    assert.equal(again.rows.length, 2 * answers.length + 1, "the log goes on; the pages' call that happens once was made once");
    assert.equal((await upstream.stats()).requests.openai_chat, answers.length, "the model is one's own");
    const executed = await fetch(`${second.url}/v1/templates/${id}/execute`, {
      method: "POST", headers: { ...headers, accept: "application/json" }, body: JSON.stringify({ variables: { customer: "Zoe" } }),
    });
    assert.equal(executed.status, 200, await executed.text());
    await second.stop();
  } finally {
    await Promise.all([...running].map((child) => (child.kill("SIGINT"), child.exitCode === null && once(child, "exit"))));
    await upstream?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
