// Labels that versions of a prompt template bear (requirements, E7): they are ours, upstream has none.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { after, before, beforeEach, test } from "node:test";
import { ADMIN, KEY, OTHER, startGateway } from "./support/gateway.mjs";
import { startSimulator } from "./support/simulator.mjs";

const persist = mkdtempSync(`${tmpdir()}/promptgate-`);
let simulator, gateway;
before(async () => {
  simulator = await startSimulator();
  gateway = await startGateway(simulator, {}, { persist });
});
beforeEach(async () => { await simulator.reset(); gateway.lines.length = 0; });
after(async () => {
  await gateway?.stop();
  await simulator?.stop();
  rmSync(persist, { recursive: true, force: true });
});

const template = (text) => ({ name: `reply ${crypto.randomUUID()}`, system_instruction: "Be brief.", user_template: `${text} {{customer}}`, variables: ["customer"], max_tokens: 512 });
/** A template with so many versions, whose texts are `v1`, `v2`, …. */
const versions = async (count) => {
  const document = template("v1");
  const { id } = (await gateway.ask("POST", "/v1/templates", document)).body;
  for (let version = 1; version < count; version++) {
    const { status } = await gateway.ask("PUT", `/v1/templates/${id}`, { ...document, user_template: `v${version + 1} {{customer}}` }, { "if-match": `version=${version}` });
    assert.equal(status, 200);
  }
  return id;
};
const by = (key) => ({ authorization: `Bearer ${key}` });
const labels = (id, headers) => gateway.ask("GET", `/v1/templates/${id}/labels`, undefined, headers);
const set = (id, label, version, headers) => gateway.ask("PUT", `/v1/templates/${id}/labels/${label}`, { version }, headers);
const rollBack = (id, label, headers) => gateway.ask("POST", `/v1/templates/${id}/labels/${label}/rollback`, undefined, headers);
const remove = (id, label, headers) => gateway.ask("DELETE", `/v1/templates/${id}/labels/${label}`, undefined, headers);
const rendered = async (id, wanted = {}) => {
  const { status, body } = await gateway.ask("POST", `/v1/templates/${id}/render`, { variables: { customer: "Zoe" }, ...wanted });
  return status === 200 ? [body.version, body.user_prompt] : [status, body.errors?.[0].code ?? body.code];
};
const executed = async (id, wanted = {}, headers = {}) => {
  const body = { variables: { customer: "Zoe" }, modelId: "support-small", maxTokens: 40, ...wanted };
  const answer = await gateway.ask("POST", `/v1/templates/${id}/execute`, body, { accept: "application/json", ...headers });
  return answer.status === 200 ? answer.body.content.slice(0, 8) : [answer.status, answer.body.errors?.[0].code ?? answer.body.code];
};

test("E7: a label is set, moved, executed by, and rolled back in one call", async () => {
  const id = await versions(3);
  assert.deepEqual((await labels(id)).body, { labels: [] });
  for (const version of [1, 2, 3, 3]) {
    const answer = await set(id, "production", version);
    assert.deepEqual([answer.status, answer.headers.get("etag"), answer.body.version], [200, `"version=${version}"`, version]);
  }
  await set(id, "staging", 3);
  const { body } = await labels(id);
  assert.deepEqual(body.labels.map(({ label, version, earlier }) => [label, version, earlier]), [["production", 3, [2, 1]], ["staging", 3, []]]);
  assert.match(body.labels[0].since, /^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/);
  const back = await rollBack(id, "production");
  assert.deepEqual([back.status, back.headers.get("etag"), back.body.version, back.body.earlier], [200, '"version=2"', 2, [1]]);
  // It holds from the next call on; where no version is named the newest is meant.
  assert.deepEqual(await rendered(id, { label: "production" }), [2, "v2 Zoe"]);
  assert.deepEqual(await rendered(id, { version: 1 }), [1, "v1 Zoe"]);
  assert.deepEqual(await rendered(id), [3, "v3 Zoe"]);
  assert.equal(await executed(id, { label: "production" }), "«v2 Zoe»");
  assert.equal(await executed(id, { version: 1 }), "«v1 Zoe»");
  assert.equal(await executed(id), "«v3 Zoe»");
  const sent = (await simulator.requests()).filter(({ path }) => path.endsWith("/execute"));
  assert.deepEqual(sent.map(({ body }) => body.templateVersion), [2, 1, 3], "upstream is told a version, and knows no label");
  assert.deepEqual((await gateway.rows(3)).map(({ resource }) => resource.version), ["2", "1", "3"]);
  assert.equal((await rollBack(id, "production")).body.version, 1);
  const spent = await rollBack(id, "production");
  assert.deepEqual([spent.status, spent.body.errors[0].code], [400, "nothing_earlier"]);
  assert.equal((await remove(id, "production")).status, 204);
  assert.deepEqual(await rendered(id, { label: "production" }), [404, "unknown_label"]);
  assert.deepEqual(await executed(id, { label: "production" }), [404, "unknown_label"]);
  const rows = await gateway.rows(9, /label|rollback/);
  assert.deepEqual(rows.map(({ action, resource, details, code }) => [action, resource.version ?? null, details.label, details.earlier_version ?? null, code]), [
    ["template.label", "1", "production", null, null], ["template.label", "2", "production", 1, null], ["template.label", "3", "production", 2, null],
    ["template.label", "3", "production", 3, null], ["template.label", "3", "staging", null, null],
    ["template.rollback", "2", "production", 3, null], ["template.rollback", "1", "production", 2, null],
    ["template.rollback", null, "production", null, "invalid_request"], ["template.unlabel", null, "production", 1, null],
  ]);
  for (const row of rows) assert.deepEqual([row.resource.type, row.resource.id], ["prompt_template", id]);
});

test("E7: a version is asked of upstream when it gets its label, and not by who executes it", async () => {
  const id = await versions(2);
  for (const version of [1, 2, 1, 2]) await set(id, "production", version);
  const asked = async () => (await simulator.requests()).filter(({ method, path }) => method === "GET" && /versions/.test(path)).length;
  const before = await asked();
  assert.equal(await executed(id, { label: "production" }), "«v2 Zoe»");
  await rollBack(id, "production");
  assert.equal(await executed(id, { label: "production" }), "«v1 Zoe»");
  await simulator.fault({ kind: "status", status: 500 }, { on: "prompt_version" });
  assert.deepEqual(await rendered(id, { label: "production" }), [1, "v1 Zoe"]);
  assert.equal(await asked(), before);
});

test("E7: an answer that is kept stays that of its version, wherever the label points by then", async () => {
  const id = await versions(2);
  await set(id, "production", 1);
  const key = { "idempotency-key": "a-label" };
  assert.equal(await executed(id, { label: "production" }, key), "«v1 Zoe»");
  await set(id, "production", 2);
  assert.equal(await executed(id, { label: "production" }, key), "«v1 Zoe»");
  assert.equal(await executed(id, { label: "production" }), "«v2 Zoe»");
});

test("E7, T1: hostile names, bodies and expectations; what is another tenant's is not there", async () => {
  const id = await versions(2);
  await set(id, "production", 1);
  const put = (label, body, headers) => gateway.ask("PUT", `/v1/templates/${id}/labels/${label}`, body, headers);
  const seen = ({ status, body }) => [status, body.errors?.[0].code ?? body.code];
  for (const [asked, expected] of [
    [put("Production", { version: 1 }), [400, "bad_label"]],
    [put("1", { version: 1 }), [400, "bad_label"]],
    [put("a%20b", { version: 1 }), [400, "bad_label"]],
    [put("%70roduction", { version: 1 }), [400, "bad_label"]],
    [put("a".repeat(33), { version: 1 }), [400, "bad_label"]],
    [put("a".repeat(10_000), { version: 1 }), [400, "bad_label"]],
    [put("latest", { version: 1 }), [400, "bad_label"]],
    [put("staging", {}), [400, "missing_field"]],
    [put("staging", { version: 0 }), [400, "out_of_range"]],
    [put("staging", { version: "1" }), [400, "wrong_type"]],
    [put("staging", { version: 1, force: true }), [400, "unknown_field"]],
    [put("staging", "{"), [400, "invalid_json"]],
    [put("staging", { version: 3 }), [404, "not_found"]],
    [put("staging", { version: 1 }, { "if-match": "*" }), [412, "precondition_failed"]],
    [put("production", { version: 2 }, { "if-match": "version=2" }), [412, "precondition_failed"]],
    [put("production", { version: 2 }, { "if-match": '"' }), [400, "malformed_if_match"]],
    [put("production", { version: 2 }, { "if-none-match": "*" }), [412, "precondition_failed"]],
    [rollBack(id, "staging"), [404, "unknown_label"]],
    [remove(id, "staging"), [404, "unknown_label"]],
    [remove(id, "production", { "if-match": "version=9" }), [412, "precondition_failed"]],
    [put("production", { version: 2 }, by(KEY)), [403, "forbidden"]],
    [put("production", { version: 2 }, by(OTHER)), [403, "forbidden"]],
    [labels(id, by(OTHER)), [404, "not_found"]],
    [labels("0198c0de-0000-4abc-8def-0123456789ab"), [404, "not_found"]],
    [labels("0198c0de-0000-4abc-8def-0123456789ab", by(ADMIN)), [404, "not_found"]],
    [gateway.ask("PUT", "/v1/templates/0198c0de-0000-4abc-8def-0123456789ab/labels/a", { version: 1 }), [404, "not_found"]],
    [gateway.ask("PUT", "/v1/templates/0198c0de-0000-4abc-8def-0123456789ab/labels/a", { version: 1 }, by(ADMIN)), [404, "not_found"]],
  ]) assert.deepEqual(seen(await asked), expected);
  for (const [wanted, expected] of [
    [{ label: "Production" }, [400, "bad_label"]], [{ label: "staging" }, [404, "unknown_label"]], [{ label: "" }, [400, "empty"]],
    [{ label: "production", version: 1 }, [400, "ambiguous_version"]], [{ version: 9 }, [404, "not_found"]],
    [{ version: 0 }, [400, "out_of_range"]], [{ version: 1.5 }, [400, "not_an_integer"]], [{ label: 1 }, [400, "wrong_type"]],
  ]) {
    assert.deepEqual(await rendered(id, wanted), expected, JSON.stringify(wanted));
    assert.deepEqual(await executed(id, wanted), expected, JSON.stringify(wanted));
  }
  assert.deepEqual((await labels(id)).body.labels.map(({ label, version }) => [label, version]), [["production", 1]], "nothing was changed");
  const refused = await put("production", { version: 2 }, { "if-match": "version=2" });
  assert.equal(refused.headers.get("etag"), '"version=1"');
  assert.equal((await put("production", { version: 2 }, { "if-match": "version=1" })).status, 200);
  for (let n = 1; n < 20; n++) assert.equal((await set(id, `l${n}`, 1)).status, 200);
  assert.deepEqual(seen(await set(id, "one-more", 1)), [400, "too_many"]);
  assert.equal((await set(id, "l1", 2)).status, 200);
});

test("E7: of many that move one label, each with what it has seen, exactly one does; labels survive a restart", async () => {
  const id = await versions(2);
  await set(id, "production", 1);
  const answers = await Promise.all(Array.from({ length: 10 }, () => set(id, "production", 2, { "if-match": "version=1" })));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array(9).fill(412)]);
  await Promise.all(Array.from({ length: 15 }, (_, n) => set(id, `l${n}`, 1)));
  const before = (await labels(id)).body;
  assert.equal(before.labels.length, 16, "no change is lost");
  await gateway.stop();
  gateway = await startGateway(simulator, {}, { persist });
  assert.deepEqual((await labels(id)).body, before);
  assert.deepEqual(await rendered(id, { label: "production" }), [2, "v2 Zoe"]);
});
