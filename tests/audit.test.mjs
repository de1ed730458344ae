// The audit log (requirements, H): what is done is in a chain that nobody can change unseen. The chain is checked
// here by a second implementation; `promptgate audit verify` is tested with the package.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startBoth } from "./support/both.mjs";
import { ADMIN, AUDITOR, KEY, MANAGER, OTHER, digest, request, startGateway } from "./support/gateway.mjs";

const { simulator, gateway } = await startBoth({}, { fresh: false });

const START = { sequence: 0, hash: "0".repeat(64) };

/** Canonical JSON of values as rows have them: members in order, integers and short decimals. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join()}}`;
}

/** The rows of an export that follows `head`; throws where it is broken. */
function rows(lines, head = START) {
  const last = lines.at(-1);
  for (const { hash, previous, row, sequence } of lines.slice(0, -1)) {
    assert.equal(sequence, head.sequence + 1);
    assert.equal(previous, head.hash);
    assert.equal(hash, createHash("sha256").update(previous + canonical({ row, sequence })).digest("hex"));
    head = { sequence, hash };
  }
  assert.deepEqual(last, { head });
  return lines.slice(0, -1).map(({ row }) => row);
}

/** The rows of chats. An export of several pages may have its own row at its end. */
const chats = (lines) => rows(lines).filter(({ action }) => action === "chat.complete");

const template = () => JSON.parse(readFileSync(new URL("../examples/templates/order-status.json", import.meta.url), "utf8"));

// Row H.
test("what is done stands in the log, and in a chain that a second implementation follows", async () => {
  assert.deepEqual(rows((await gateway.audit()).lines), []);
  await gateway.audited(1);
  await gateway.chat();
  await gateway.chat({ ...request(), maxTokens: 0 });
  const secret = request({ context: [{ role: "user", content: "my card is 4111 1111 1111 1111" }] });
  assert.equal((await gateway.chat(secret)).status, 422);
  const created = await gateway.ask("POST", "/v1/templates", template());
  assert.equal(created.status, 201);
  await gateway.ask("POST", "/v1/models", { name: "x" });
  await gateway.audited(6);
  const said = gateway.lines.filter((line) => line.includes('"event":"audit"')).map((line) => JSON.parse(line));
  const { headers, text, lines } = await gateway.audit();
  assert.equal(headers.get("content-type"), "application/jsonl");
  const kept = rows(lines);
  assert.deepEqual(new Set(kept.map(canonical)), new Set(said.map(canonical)));
  assert.deepEqual(kept.map(({ action }) => action).sort(), ["audit_log.export", "chat.complete", "chat.complete", "chat.complete", "model.submit", "template.create"]);
  // One spelling: every row has the same members at its top, and only those that do not apply are left out.
  for (const row of kept) {
    for (const name of ["event", "id", "time", "request_id", "tenant", "key_id", "action", "outcome", "code", "rules", "policy_sha256", "attempts", "tokens", "cost_usd", "latency_ms"]) assert.ok(name in row, `${name} of ${row.action}`);
    assert.match(row.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.ok([KEY, MANAGER, AUDITOR].map((key) => digest(key).slice(0, 12)).includes(row.key_id), row.key_id);
  }
  assert.equal(new Set(kept.map(({ id }) => id)).size, kept.length, "every row has an id of its own");
  const refused = kept.find(({ code }) => code === "safety_refused");
  assert.deepEqual(refused.rules.map(({ action, direction, count }) => [action, direction, count]), [["block", "input", 1]]);
  // who has read the log is in it too
  assert.deepEqual([kept[0].resource.type, kept[0].action, kept[0].tenant], ["audit_log", "audit_log.export", "acme"]);
  for (const canary of ["canary-prompt", "4111", "dev-secret", KEY, MANAGER]) assert.ok(!text.includes(canary), canary);
});

test("an export goes on where the one before ended", async () => {
  await gateway.audited(7);
  const { head } = (await gateway.audit()).lines.at(-1);
  assert.equal(head.sequence, 7);
  await gateway.audited(8);
  await gateway.chat();
  await gateway.audited(9);
  const [read, chat, ...more] = rows((await gateway.audit("?after=7")).lines, head);
  assert.deepEqual([read.action, chat.outcome, more], ["audit_log.export", "success", []]);
  await gateway.audited(10);
  const beyond = (await gateway.audit("?after=99")).lines;
  assert.deepEqual(beyond.map((line) => Object.keys(line)), [["head"]]);
});

test("only a key that may audit reads it", async () => {
  for (const [key, status, code] of [
    [KEY, 403, "forbidden"], [MANAGER, 403, "forbidden"], [OTHER, 403, "forbidden"], ["pg_unknown", 401, "unauthenticated"],
  ]) {
    const refused = await gateway.audit("", key);
    assert.deepEqual([refused.status, refused.problem.code], [status, code]);
    assert.equal(refused.headers.get("x-problem-code"), code);
  }
  for (const query of ["?after=0", "?after=x", "?after=1&after=2", "?befor=3"]) {
    assert.equal((await gateway.audit(query)).status, 400, query);
  }
  assert.equal((await fetch(`${gateway.url}/v1/audit`, { method: "DELETE" })).status, 405);
  // refused attempts of keys that are known are in it: three keys, four queries
  await gateway.audited(18);
  const refusals = rows((await gateway.audit("", ADMIN)).lines).filter(({ action, code }) => action === "audit_log.export" && code);
  assert.deepEqual(refusals.map(({ code }) => code).slice(0, 3), ["forbidden", "forbidden", "forbidden"]);
  assert.ok(refusals.every(({ code }) => code !== "unauthenticated"), "strangers are not");
});

// Row H.
test("a crowd leaves every row once, over many objects, and a restart goes on with the chain", async () => {
  const persist = mkdtempSync(join(tmpdir(), "promptgate-"));
  const vars = { AUDIT_OBJECT_ROWS: "7" };
  let crowd = await startGateway(simulator, vars, { persist });
  try {
    await Promise.all(Array.from({ length: 40 }, () => crowd.chat()));
    await crowd.audited(40);
    const first = await crowd.audit();
    const ids = chats(first.lines).map(({ request_id }) => request_id);
    assert.equal(new Set(ids).size, 40);
    // with the row of the export
    await crowd.audited(41);
    await crowd.kill();
    crowd = await startGateway(simulator, vars, { persist });
    await Promise.all(Array.from({ length: 10 }, () => crowd.chat()));
    await crowd.audited(51);
    const { lines } = await crowd.audit();
    assert.equal(chats(lines).length, 50);
    assert.deepEqual(lines.slice(0, 40), first.lines.slice(0, 40));
    const late = rows((await crowd.audit("?after=33")).lines, { sequence: 33, hash: lines[32].hash });
    assert.deepEqual(late.slice(0, lines.length - 34), rows(lines).slice(33));
  } finally {
    await crowd.stop();
    rmSync(persist, { recursive: true, force: true });
  }
});

test("a log of several pages is streamed", async () => {
  const busy = await startGateway(simulator);
  try {
    for (let round = 0; round < 30; round++) await Promise.all(Array.from({ length: 40 }, () => busy.chat()));
    await busy.audited(1200);
    assert.equal(chats((await busy.audit()).lines).length, 1200);
  } finally {
    await busy.stop();
  }
});

test("where the log cannot be kept the gateway answers all the same, and says so to the auditor", async () => {
  const broken = await startGateway(simulator, {}, { without: "AUDIT" });
  try {
    assert.equal((await broken.chat()).events.at(-1).name, "done");
    assert.equal((await broken.rows(1)).length, 1);
    const { status, problem } = await broken.audit();
    assert.deepEqual([status, problem.code, problem.retryable], [503, "storage_unavailable", true]);
  } finally {
    await broken.stop();
  }
});
