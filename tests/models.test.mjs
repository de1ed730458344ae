// Models: rows C1, C2 and C6 of the requirements, rows 33 and 36 of the fault matrix.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { KEY, MANAGER, digest, startGateway } from "./support/gateway.mjs";
import {
  CANARY, STRANGER, UUID, VARS, active, ask, configuration, definition, gateway, models, rows, simulator, submit, until,
  watch,
} from "./support/models.mjs";

test("C1: a definition is refused with every fault and its path, and nothing is sent", async () => {
  const good = definition();
  for (const [change, where] of [
    [{ name: "ab" }, "$.name"],
    [{ provider: "canary" }, "$.provider"],
    [{ modelId: "" }, "$.modelId"],
    [{ credentials: { apiKey: "canary-k" } }, "$.credentials.apiKey"],
    [{ credentials: { apiKey: CANARY, endpoint: "http://canary.example" } }, "$.credentials.endpoint"],
    [{ credentials: { apiKey: CANARY, endpoint: "https://u:canary@x.example" } }, "$.credentials.endpoint"],
    [{ configuration: { temperature: 2.1, maxTokens: 10 } }, "$.configuration.temperature"],
    [{ configuration: { temperature: 1, maxTokens: 0.5 } }, "$.configuration.maxTokens"],
    [{ configuration: { temperature: 1, maxTokens: 1, topP: -1 } }, "$.configuration.topP"],
    [{ promptTemplate: "canary without a place" }, "$.promptTemplate"],
    [{ responseSchema: { type: "array" } }, "$.responseSchema"],
    [{ responseSchema: { type: "object", properties: { a: "strin" } } }, "$.responseSchema.properties.a"],
    [{ nam: 1 }, "$.nam"],
  ]) {
    const { status, body } = await ask("POST", "/v1/models", { ...good, ...change });
    assert.equal(status, 400, where);
    assert.ok(body.errors.some((error) => error.path.startsWith(where)), `${where}: ${JSON.stringify(body.errors)}`);
    assert.doesNotMatch(JSON.stringify(body), /canary/);
  }
  for (const [body, headers, status] of [
    ["", {}, 400], ["[]", {}, 400], ["[".repeat(100_000), {}, 400], ['{"name":1,"name":2}', {}, 400],
    [`{"name":"${"x".repeat(1 << 20)}"}`, {}, 413], [good, { "content-type": "text/plain" }, 415],
  ]) {
    assert.equal((await ask("POST", "/api/configure-model", body, headers)).status, status);
  }
  assert.equal((await simulator.requests()).length, 0);
  const refused = await rows("model.submit", 19);
  assert.ok(refused.every(({ outcome, code, tenant }) => outcome === "refused" && code && tenant === "acme"));
  const hot = await ask("POST", "/v1/models", definition({ configuration: { temperature: 0.9, maxTokens: 4001 } }));
  assert.deepEqual(hot.body.warnings.map(({ path }) => path), ["$.configuration"]);
  await watch(hot.body.model.id);
});

test("C2, C7: 202 with a place to watch, polled by alarms to ACTIVE; the events are numbered and can be resumed", async () => {
  await simulator.provisioning({ polls: 3 });
  const { status, headers, body } = await ask("POST", "/api/configure-model", definition());
  assert.equal(status, 202, JSON.stringify(body));
  const { id } = body.model;
  assert.match(id, UUID);
  assert.equal(headers.get("location"), `/v1/models/${id}`);
  assert.deepEqual([body.auditLog.action, body.auditLog.status, body.auditLog.payloadHash.length], ["MODEL_SUBMITTED", "success", 64]);
  const { events, statuses } = await watch(id);
  assert.deepEqual(statuses, ["SUBMITTED", "PENDING", "PROVISIONING", "ACTIVE"]);
  assert.deepEqual(events.map(({ number, sequence }) => [number, sequence]), [[1, 1], [2, 2], [3, 3], [4, 4]]);
  assert.deepEqual((await watch(id, "2")).statuses, ["PROVISIONING", "ACTIVE"]);
  assert.deepEqual((await watch(id, "no number")).statuses.length, 4);
  assert.equal((await watch(id, "4")).status, 204);
  const read = await ask("GET", `/v1/models/${id}`, undefined, { authorization: `Bearer ${KEY}` });
  assert.deepEqual([read.body.status, read.body.capabilities.max_context_window], ["ACTIVE", 8192]);
  const [created] = await rows("model.provision", 1, id);
  assert.deepEqual([created.resource.id, created.outcome, created.tenant, created.details.payload_sha256], [id, "success", "acme", body.auditLog.payloadHash]);
  assert.ok(created.latency_ms > 0 && created.upstream_correlation_id);
});

test("C2: the same definition is created once, however often it is submitted", async () => {
  const document = definition();
  const reordered = Object.fromEntries(Object.entries(document).reverse());
  const all = await Promise.all(Array.from({ length: 10 }, (_, at) => ask("POST", "/v1/models", at % 2 ? document : reordered)));
  const ids = new Set(all.map(({ body }) => body.model.id));
  assert.equal(ids.size, 1);
  const [id] = ids;
  assert.equal((await watch(id)).statuses.at(-1), "ACTIVE");
  const again = await ask("POST", "/v1/models", document);
  assert.deepEqual([again.status, again.body.model.id, again.body.model.status], [201, id, "ACTIVE"]);
  assert.equal((await simulator.stats()).models_created, 1);
  const other = await ask("POST", "/v1/models", document, { authorization: `Bearer ${STRANGER}` });
  assert.notEqual(other.body.model.id, id);
  assert.equal((await watch(other.body.model.id, undefined, gateway, STRANGER)).statuses.at(-1), "ACTIVE");
});

test("C2: 401, 429, 503 and lost answers neither end it nor create twice", async () => {
  await simulator.fault({ kind: "status", status: 401 }, { on: "model_create" });
  await simulator.fault({ kind: "reset_before_headers", execute: true }, { on: "model_create" });
  for (const fault of [
    { kind: "status", status: 429, retry_after: "0" }, { kind: "status", status: 500 }, { kind: "status", status: 503 },
    { kind: "status", status: 401 }, { kind: "html" }, { kind: "cut_body" }, { kind: "set", member: "id", value: "another" },
  ]) await simulator.fault(fault, { on: "model_get" });
  const id = await submit();
  assert.equal((await watch(id)).statuses.at(-1), "ACTIVE");
  const stats = await simulator.stats();
  assert.equal(stats.models_created, 1);
  const posts = (await simulator.requests()).filter(({ method, path }) => method === "POST" && path.endsWith("/models"));
  assert.equal(posts.length, 3);
  assert.equal(new Set(posts.map(({ headers }) => headers["idempotency-key"])).size, 1);
});

test("row 36: FAILED with its reason, which shows no key; submitted again it is made anew", async () => {
  await simulator.provisioning({ statuses: ["FAILED"], error_reason: `Incorrect key ${CANARY} of zoe.canary@example.org` });
  const document = definition();
  const id = await submit(document);
  const { events } = await watch(id);
  assert.deepEqual(events.at(-1).error.code, "provisioning_failed");
  assert.match(events.at(-1).error.detail, /Incorrect key \[withheld\]/);
  const read = await ask("GET", `/v1/models/${id}`);
  assert.deepEqual([read.body.status, read.body.error.code], ["FAILED", "provisioning_failed"]);
  const invoked = await ask("POST", `/v1/models/${id}/invoke`, { input: "where is it?" });
  assert.deepEqual([invoked.status, invoked.body.code], [409, "model_not_active"]);
  const [row] = await rows("model.provision", 1, id);
  assert.deepEqual([row.outcome, row.code], ["failed", "provisioning_failed"]);
  await simulator.provisioning({ polls: 1 });
  assert.equal(await submit(document), id);
  assert.deepEqual((await watch(id, "3")).statuses, ["SUBMITTED", "PENDING", "ACTIVE"]);
  assert.equal((await simulator.stats()).models_created, 2);
});

test("row 36: for ever PENDING is bounded, 404 ends it, unknown and regressing statuses change nothing", async () => {
  await simulator.provisioning({ statuses: ["PENDING"] });
  const forever = await submit();
  const { events } = await watch(forever);
  assert.deepEqual([events.at(-1).status, events.at(-1).error.code], ["FAILED", "provisioning_timeout"]);
  assert.equal((await models())[0].polls, 15);

  await simulator.reset();
  await simulator.provisioning({ statuses: ["PROVISIONING", "PENDING", "DREAMING", "", "PROVISIONING", "ACTIVE"] });
  const strange = await submit();
  assert.deepEqual((await watch(strange)).statuses, ["SUBMITTED", "PENDING", "PROVISIONING", "ACTIVE"]);

  await simulator.reset();
  await simulator.fault({ kind: "status", status: 404 }, { on: "model_get" });
  const gone = await submit();
  const last = (await watch(gone)).events.at(-1);
  assert.deepEqual([last.status, last.error.code], ["FAILED", "model_lost"]);
  assert.equal((await simulator.requests()).filter(({ method }) => method === "GET").length, 1);
});

for (const how of ["stop", "kill"]) {
  test(`C2, row 33: ${how === "kill" ? "workerd killed" : "restarted"} on the way; it goes on from storage, and alarms that come twice or late do no harm`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "promptgate-models-"));
    const vars = { ...VARS, MODEL_POLL_MS: "300" };
    let here = await startGateway(simulator, vars, { persist: folder });
    try {
      await simulator.provisioning({ statuses: ["PENDING", "PENDING", "PROVISIONING", "ACTIVE"] });
      const document = definition();
      const id = await submit(document, here);
      // Between two polls: what is in flight when a process dies counts as lost only after half a minute.
      await until(() => here.ask("GET", `/v1/models/${id}`), ({ body }) => body.status !== "SUBMITTED");
      await here[how]();
      here = await startGateway(simulator, vars, { persist: folder });
      // Whoever looks wakes it; each of these also finds it under way.
      const [, , again] = await Promise.all([
        here.ask("GET", `/v1/models/${id}`), here.ask("GET", `/v1/models/${id}`), here.ask("POST", "/v1/models", document),
      ]);
      assert.equal(again.body.model.id, id);
      assert.deepEqual((await watch(id, undefined, here)).statuses, ["SUBMITTED", "PENDING", "PROVISIONING", "ACTIVE"]);
      assert.equal((await simulator.stats()).models_created, 1);
      assert.equal((await models())[0].polls, 4);
      const created = (await here.rows(1, /^model/)).filter(({ action }) => action === "model.provision");
      assert.equal(created.length, 1);
      // Its end survives too, and the key is not kept beyond it.
      await here[how]();
      const stored = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && entry.name.endsWith(".sqlite"));
      assert.ok(stored.length > 0);
      here = await startGateway(simulator, vars, { persist: folder });
      assert.equal((await here.ask("GET", `/v1/models/${id}`)).body.status, "ACTIVE");
      const answer = await here.ask("POST", `/v1/models/${id}/invoke`, { input: "where is my parcel?" });
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      assert.doesNotMatch(here.lines.join("\n"), /canary/);
    } finally {
      await here.stop().catch(() => {});
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

test("C6: a definition is exported without its credentials, with a hash that anyone can compute", async () => {
  const document = definition();
  const id = await active(document);
  const { status, body } = await ask("GET", `/v1/models/${id}/snapshot`);
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(body).sort(), ["apiVersion", "environment", "exportedAt", "modelDefinition", "version"]);
  const { credentials, ...shown } = document;
  assert.deepEqual(body.modelDefinition, shown);
  const [row] = await rows("model.export");
  const sorted = (value) => Array.isArray(value) ? value.map(sorted)
    : value && typeof value === "object" ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, sorted(v)]))
      : value;
  assert.equal(row.details.payload_sha256, digest(JSON.stringify(sorted(body.modelDefinition))));
});

test("U5: a key that may only call cannot manage; a scope that upstream lacks is named", async () => {
  const id = await active();
  const headers = { authorization: `Bearer ${KEY}` };
  for (const [method, path, body] of [
    ["POST", "/v1/models", definition()], ["POST", "/api/configure-model", definition()],
    ["PUT", `/v1/models/${id}/configuration`, configuration(id)], ["GET", `/v1/models/${id}/snapshot`],
  ]) {
    const refused = await ask(method, path, body, headers);
    assert.deepEqual([refused.status, refused.body.code], [403, "forbidden"], `${method} ${path}`);
  }
  await simulator.scopes(["ai:models:write", "ai:models:read"]);
  const lacking = await ask("PUT", `/v1/models/${id}/configuration`, configuration(id));
  assert.deepEqual([lacking.status, lacking.body.code], [403, "upstream_forbidden"]);
  assert.match(lacking.body.detail, /`ai:llm:manage`/);
  await simulator.scopes(null);
});

test("a model of another tenant, and one that is not there, is 404 by every address", async () => {
  const id = await active();
  const headers = { authorization: `Bearer ${STRANGER}` };
  for (const there of [id, "0198c0de-0000-4abc-8def-0123456789ab"]) {
    for (const [method, path, body] of [
      ["GET", `/v1/models/${there}`], ["GET", `/v1/models/${there}/events`], ["GET", `/v1/models/${there}/configuration`],
      ["GET", `/v1/models/${there}/snapshot`], ["PUT", `/v1/models/${there}/configuration`, configuration(there)],
      ["POST", `/v1/models/${there}/invoke`, { input: "x" }], ["POST", "/api/invoke-protected", { modelId: there, input: "x" }],
    ]) {
      const answer = await ask(method, path, body, headers);
      assert.deepEqual([answer.status, answer.body.code], [404, "not_found"], `${method} ${path}`);
    }
  }
  assert.equal((await ask("GET", `/v1/models/${id}`, undefined, { authorization: `Bearer ${digest("x")}` })).status, 401);
  assert.equal((await ask("PATCH", `/v1/models/${id}`)).status, 405);
});

test("models are listed for their tenant, deleted upstream and here, and can be submitted again", async () => {
  const own = await startGateway(simulator, { ...VARS, CLIENT_KEYS: `lister:${digest(MANAGER)}:manage lister:${digest(KEY)} other:${digest(STRANGER)}:manage` });
  try {
    const list = async (query = "", key = MANAGER) => (await own.ask("GET", `/v1/models${query}`, undefined, { authorization: `Bearer ${key}` })).body;
    assert.deepEqual(await list(), { entities: [], pageSize: 25, pageNumber: 1, total: 0, pageCount: 0 });
    const documents = [definition(), definition(), definition()];
    const ids = [];
    for (const document of documents) ids.push(await submit(document, own));
    for (const id of ids) await watch(id, undefined, own);
    const page = await list("?pageSize=2");
    assert.deepEqual(page.entities.map(({ id, status }) => [id, status]), ids.slice(0, 2).map((id) => [id, "ACTIVE"]));
    assert.deepEqual([page.total, page.pageCount, page.entities[0].events, page.entities[0].name], [3, 2, undefined, documents[0].name]);
    assert.deepEqual((await list("?pageSize=2&pageNumber=2")).entities.map(({ id }) => id), [ids[2]]);
    assert.equal((await list("", STRANGER)).total, 0);
    assert.equal((await own.ask("GET", "/v1/models?pageSize=26")).status, 400);
    // Nobody else, and nobody who may only use them.
    assert.equal((await own.ask("DELETE", `/v1/models/${ids[0]}`, undefined, { authorization: `Bearer ${STRANGER}` })).status, 404);
    assert.equal((await own.ask("DELETE", `/v1/models/${ids[0]}`, undefined, { authorization: `Bearer ${KEY}` })).status, 403);
    assert.equal((await models()).length, 3);
    // Upstream would not: the model is as it was.
    await simulator.fault({ kind: "status", status: 500 }, { on: "model_delete" });
    const kept = await own.ask("DELETE", `/v1/models/${ids[0]}`);
    assert.deepEqual([kept.status, kept.body.code], [502, "upstream_error"]);
    assert.equal((await own.ask("POST", `/v1/models/${ids[0]}/invoke`, { input: "x" })).status, 200);
    const gone = await own.ask("DELETE", `/v1/models/${ids[0]}`);
    assert.deepEqual([gone.status, gone.body], [204, ""]);
    assert.ok(!(await models()).some(({ definition: { name } }) => name === documents[0].name), "upstream has it no more");
    for (const [method, path, body] of [["GET", ""], ["DELETE", ""], ["GET", "/events"], ["POST", "/invoke", { input: "x" }]]) {
      assert.equal((await own.ask(method, `/v1/models/${ids[0]}${path}`, body)).status, 404, `${method} ${path}`);
    }
    assert.deepEqual((await list()).entities.map(({ id }) => id), ids.slice(1));
    // Beside those of the three that were refused.
    const rows = (await own.rows(5, /^model\.delete$/)).filter(({ outcome }) => outcome !== "refused");
    assert.deepEqual(rows.map(({ outcome, code }) => [outcome, code ?? null]), [["failed", "upstream_error"], ["success", null]]);
    // It is another model then: upstream makes one more, by another key.
    assert.equal(await submit(documents[0], own), ids[0]);
    assert.equal((await watch(ids[0], undefined, own)).statuses.at(-1), "ACTIVE");
    assert.deepEqual((await list()).entities.map(({ id }) => id), [ids[1], ids[2], ids[0]]);
    assert.equal((await own.ask("POST", `/v1/models/${ids[0]}/invoke`, { input: "x" })).status, 200);
  } finally {
    await own.stop();
  }
});

test("a model that upstream lost is said to be lost, and is provisioned again", async () => {
  const document = definition();
  const id = await active(document);
  await simulator.reset();
  const lost = await ask("POST", `/v1/models/${id}/invoke`, { input: "Where is my parcel?" });
  assert.deepEqual([lost.status, lost.body.code, lost.body.retryable], [409, "model_lost", false]);
  const shown = (await ask("GET", `/v1/models/${id}`)).body;
  assert.deepEqual([shown.status, shown.error.code], ["LOST", "model_lost"]);
  assert.equal((await ask("PUT", `/v1/models/${id}/configuration`, configuration(id))).body.code, "model_lost");
  const [row] = await rows("model.lose", 1, id);
  assert.deepEqual([row.outcome, row.code], ["failed", "model_lost"]);
  assert.equal((await ask("POST", "/v1/models", document)).status, 202);
  assert.equal((await watch(id, String(shown.events.length))).statuses.at(-1), "ACTIVE");
  assert.equal((await ask("POST", `/v1/models/${id}/invoke`, { input: "Where is my parcel?" })).status, 200);
  // Nobody has asked it meanwhile: the second submission finds it out.
  await simulator.reset();
  assert.equal((await ask("POST", "/v1/models", document)).status, 202);
  assert.equal((await watch(id, String(shown.events.length + 3))).statuses.at(-1), "ACTIVE");
  assert.equal((await models()).length, 1);
  // One that is there is not made again.
  assert.equal((await ask("POST", "/v1/models", document)).status, 201);
  assert.equal((await models()).length, 1);
});

// Last, since its model is made in the end, whatever test runs then.
test("while it is being made it can neither be invoked nor configured", async () => {
  await simulator.fault({ kind: "hang" }, { on: "model_create" });
  const id = await submit();
  const invoked = await ask("POST", `/v1/models/${id}/invoke`, { input: "x" });
  assert.deepEqual([invoked.status, invoked.body.code], [409, "model_not_active"]);
  assert.ok(Number(invoked.headers.get("retry-after")) >= 1);
  const configured = await ask("PUT", `/v1/models/${id}/configuration`, configuration(id));
  assert.deepEqual([configured.status, configured.body.code], [409, "model_not_active"]);
});
