// Tenants are walls (requirements, T1): what one has is not there for another.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { startBoth } from "./support/both.mjs";
import { ADMIN, digest, request } from "./support/gateway.mjs";

// Two tenants with a key of each right.
const keys = Object.fromEntries(["a", "b"].flatMap((tenant) => ["use", "manage", "audit"].map((right) => [`${tenant}-${right}`, `pg_test_${tenant}_${right}`])));
const entry = ([name, key]) => `${name[0]}:${digest(key)}${name.endsWith("use") ? "" : `:${name.slice(2)}`}`;
keys.admin = ADMIN;

const CLIENT_KEYS = [...Object.entries(keys).filter(([name]) => name !== "admin").map(entry), `platform:${digest(ADMIN)}:admin`].join(" ");
const { simulator, gateway } = await startBoth((simulator) => ({
  CLIENT_KEYS, MODEL_POLL_MS: "5", WEBHOOK_URL: `${simulator.url}/_simulator/webhook`, WEBHOOK_PRIVATE: "true",
}));

const ask = (key, method, path, body, headers = {}) => gateway.ask(method, path, body, { authorization: `Bearer ${keys[key]}`, ...headers });
const template = (name = `reply ${Math.random().toString(36).slice(2)}`) => ({
  name, system_instruction: "You write replies for a contact centre. Be brief.", user_template: "Reply to {{customer}}.",
  variables: ["customer"], max_tokens: 512,
});
const cached = () => ({ name: "order status", content: "Tell ${customer} where the parcel is.", variables: [{ name: "customer", value: "" }] });
const own = (id) => ({ id, version: 1, ...template(), safety_guardrails: { pii_filter: true, jailbreak_detection: true, output_moderation: true } });
const uuid = () => crypto.randomUUID();
const definition = () => ({
  name: `sorter ${Math.random().toString(36).slice(2)}`, provider: "openai", modelId: "gpt-4o-mini", credentials: { apiKey: "sk-canary-0123456789" }, configuration: { temperature: 0.2, maxTokens: 300 },
  promptTemplate: "Sort: {input}", responseSchema: { type: "object", properties: { category: "string" } },
});
const strict = JSON.parse(readFileSync(new URL("../examples/models/configurations/strict.json", import.meta.url), "utf8"));

/** Every route about one template, as [method, path, body, headers]. */
const about = (id) => [
  ["GET", `/v1/templates/${id}`], ["GET", `/v1/templates/${id}/versions`], ["GET", `/v1/templates/${id}/versions/1`],
  ["GET", `/v1/templates/${id}/diff?from=1&to=1`], ["POST", `/v1/templates/${id}/render`, { variables: { customer: "Zoe" } }],
  ["POST", `/v1/templates/${id}/execute`, { variables: { customer: "Zoe" }, modelId: "support-small", maxTokens: 20 }, { accept: "application/json" }],
  ["PUT", `/v1/templates/${id}`, template(), { "if-match": "*" }],
];
const aboutCached = (id) => [
  ["GET", `/v1/cache/templates/${id}`], ["PUT", `/v1/cache/templates/${id}`, cached(), { "if-match": "*" }], ["DELETE", `/v1/cache/templates/${id}`],
];
const statuses = async (key, questions) => {
  const found = [];
  for (const [method, path, body, headers] of questions) found.push((await ask(key, method, path, body, headers)).status);
  return found;
};

test("T1: every route about a template, for every right of two tenants", async () => {
  const { body: { id } } = await ask("a-manage", "POST", "/v1/templates", template());
  for (const [key, expected] of [
    ["b-use", [404, 404, 404, 404, 404, 404, 403]], ["b-audit", [404, 404, 404, 404, 404, 404, 403]],
    ["b-manage", [404, 404, 404, 404, 404, 404, 404]], ["a-use", [200, 200, 200, 200, 200, 200, 403]],
    ["a-manage", [200, 200, 200, 200, 200, 200, 200]], ["admin", [200, 200, 200, 200, 200, 200, 200]],
  ]) assert.deepEqual(await statuses(key, about(id)), expected, key);
  const published = await ask("a-manage", "POST", "/v1/cache/templates", cached());
  assert.equal(published.status, 201, JSON.stringify(published.body));
  for (const [key, expected] of [
    ["b-use", [404, 403, 403]], ["b-manage", [404, 404, 404]], ["a-use", [200, 403, 403]], ["a-manage", [200, 200, 204]],
  ]) assert.deepEqual(await statuses(key, aboutCached(published.body.id)), expected, key);
  // Somebody else's looks exactly like nobody's that is not there.
  const [hidden, absent] = [await ask("b-use", "GET", `/v1/templates/${id}`), await ask("b-use", "GET", `/v1/templates/${uuid()}`)];
  const face = ({ body: { request_id, instance, upstream_correlation_id, ...rest } }) => rest;
  assert.deepEqual(face(hidden), face(absent));
});

/**
 * What each key may do with what is the tenant a's: `.` what is asked for, 3 forbidden, 4 not there. Keys are, in this order,
 * a-use, a-manage, a-audit, b-use, b-manage, b-audit, admin.
 */
const FACES = {
  anyone: ".......", "its own": ".......", read: "...444.", change: "3.3343.", manage: "3.33.3.", audit: "33.33..", admin: "333333.",
};
/** Every operation of the interface: its face, and a body where it takes one. `{id}` is of a thing that is the tenant a's. */
const INTERFACE = {
  "POST /v1/chat": ["anyone", () => request()],
  "POST /openai/v1/chat/completions": ["anyone", () => ({ model: "support-small", max_tokens: 20, messages: [{ role: "user", content: "Hello" }] })],
  "POST /openai/v1/embeddings": ["anyone", () => ({ model: "support-small", input: "Hello" })],
  "GET /openai/v1/models": ["its own"],
  "GET /openai/v1/models/{model}": ["anyone"],
  "POST /v1/guard": ["anyone", () => ({ text: "Hello" })],
  "POST /v1/lint": ["anyone", () => ({ text: "# Hello" })],
  "GET /v1/templates": ["its own"],
  "POST /v1/templates": ["manage", () => template()],
  "POST /v1/templates/sync": ["manage", () => ({ templates: [template()] })],
  "GET /v1/templates/{id}": ["read"],
  "PUT /v1/templates/{id}": ["change", () => template(), { "if-match": "*" }],
  "GET /v1/templates/{id}/versions": ["read"],
  "GET /v1/templates/{id}/versions/{version}": ["read"],
  "GET /v1/templates/{id}/diff": ["read", undefined, {}, "?from=1&to=1"],
  "POST /v1/templates/{id}/render": ["read", () => ({ variables: { customer: "Zoe" } })],
  "POST /v1/templates/{id}/execute": ["read", () => ({ variables: { customer: "Zoe" }, modelId: "support-small", maxTokens: 20 })],
  "GET /v1/templates/{id}/labels": ["read"],
  "PUT /v1/templates/{id}/labels/{label}": ["change", () => ({ version: 1 })],
  "DELETE /v1/templates/{id}/labels/{label}": ["change"],
  "POST /v1/templates/{id}/labels/{label}/rollback": ["change"],
  "POST /v1/templates/{id}/adopt": ["admin", () => ({ tenant: "a" })],
  "POST /v1/cache/templates": ["manage", () => cached()],
  "GET /v1/cache/templates/{id}": ["read"],
  "PUT /v1/cache/templates/{id}": ["change", () => cached(), { "if-match": "*" }],
  "DELETE /v1/cache/templates/{id}": ["change"],
  "POST /v1/cache/templates/{id}/adopt": ["admin", () => ({ tenant: "a" })],
  "POST /v1/usage/query": ["manage", () => ({ dateFrom: "2026-01-01T00:00:00Z", dateTo: "2026-01-02T00:00:00Z", groupBy: ["templateId"], metrics: ["requestCount"] })],
  "GET /v1/models": ["its own"],
  "POST /v1/models": ["manage", () => definition()],
  "GET /v1/models/{id}": ["read"],
  "DELETE /v1/models/{id}": ["change"],
  "GET /v1/models/{id}/events": ["read"],
  "PUT /v1/models/{id}/configuration": ["change", (id) => ({ ...strict, model_id: id })],
  "GET /v1/models/{id}/configuration": ["read"],
  "POST /v1/models/{id}/invoke": ["read", () => ({ input: "hello" })],
  "GET /v1/models/{id}/snapshot": ["change"],
  "POST /api/configure-model": ["manage", () => definition()],
  "POST /api/invoke-protected": ["read", (id) => ({ modelId: id, input: "hello" })],
  "GET /v1/audit": ["audit"],
  "GET /v1/audit/heads": ["audit"],
  "GET /v1/webhooks": ["admin"],
  "GET /v1/webhooks/{name}/dead-letters": ["admin"],
  "POST /v1/webhooks/{name}/redeliver": ["admin", () => ({})],
  "GET /v1/keys": ["manage"],
  "POST /v1/keys": ["manage", () => ({ name: "a key" })],
  "GET /v1/keys/{id}": ["change"],
  "PATCH /v1/keys/{id}": ["change", () => ({ name: "another name" })],
  "DELETE /v1/keys/{id}": ["change"],
  "POST /v1/keys/{id}/rotate": ["change", () => ({})],
  "GET /v1/whoami": ["its own"],
  "GET /v1/metrics": ["manage"],
  "GET /v1/stats": ["manage"],
  "GET /healthz": ["anyone"],
  "GET /v1/openapi.json": ["anyone"],
};

test("T1, H: every operation of the interface, for every right of two tenants, and its row", { timeout: 60_000 }, async () => {
  const { body: { paths } } = await ask("admin", "GET", "/v1/openapi.json");
  const operations = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).filter((name) => /^(get|put|post|patch|delete)$/.test(name)).map((name) => `${name.toUpperCase()} ${path}`));
  assert.deepEqual(operations.sort(), Object.keys(INTERFACE).sort(), "an operation that is new has a row here");
  /** A new thing of the tenant a, of the kind that an address is about. */
  const thing = async (path) => {
    if (/^\/v1\/templates\/\{/.test(path)) {
      const { id } = (await ask("a-manage", "POST", "/v1/templates", template())).body;
      if (!path.includes("{label}")) return id;
      await ask("a-manage", "PUT", `/v1/templates/${id}`, template(), { "if-match": "version=1" });
      for (const version of [1, 2, 1]) await ask("a-manage", "PUT", `/v1/templates/${id}/labels/production`, { version });
      return id;
    }
    if (path.startsWith("/v1/cache/templates/{")) return (await ask("a-manage", "POST", "/v1/cache/templates", cached())).body.id;
    if (path.startsWith("/v1/keys/{")) return (await ask("a-manage", "POST", "/v1/keys", { name: "of a" })).body.id;
    if (!/^\/v1\/models\/\{|invoke-protected/.test(path)) return undefined;
    const { id } = (await ask("a-manage", "POST", "/v1/models", definition())).body.model;
    await ask("a-manage", "GET", `/v1/models/${id}/events`);
    return id;
  };
  const wrong = [];
  for (const [operation, [face, body, headers = {}, query = ""]] of Object.entries(INTERFACE)) {
    const [method, path] = operation.split(" ");
    let found = "", id, said = "";
    for (const key of ["a-use", "a-manage", "a-audit", "b-use", "b-manage", "b-audit", "admin"]) {
      // What ends a thing finds another.
      if (id === undefined || method === "DELETE") id = await thing(path);
      const where = path.replace("{id}", id).replace("{version}", "1").replace("{label}", "production").replace("{model}", "support-small").replace("{name}", "default");
      const answer = await ask(key, method, where + query, body?.(id), { accept: "application/json", ...headers });
      const { status } = answer;
      // The contract's wire has no embeddings: that is said by who would ask.
      const done = status < 400 || answer.body.code === "unsupported_by_upstream";
      found += done ? "." : { 403: "3", 404: "4" }[status] ?? "?";
      if (status >= 400) said += `\n${key}: ${status} ${JSON.stringify(answer.body).slice(0, 300)}`;
    }
    if (found !== FACES[face]) wrong.push(`${operation}: ${found} for ${FACES[face]}${said}`);
  }
  assert.deepEqual(wrong, []);
  // Whatever is done leaves a row, which has the same members whatever it is. Of many refusals only the first have one: where
  // a minute ends meanwhile, a row says how many had none.
  const rows = (await gateway.rows(1, /./)).filter(({ action }) => action !== "refusals.omit");
  assert.deepEqual([...new Set(rows.map(({ action }) => action))].sort(), [
    "audit_log.export", "audit_log.heads", "cached_template.adopt", "cached_template.create", "cached_template.invalidate", "cached_template.update",
    "chat.complete", "embeddings.create", "guard.check", "key.create", "key.revoke", "key.rotate", "key.update", "lint.check",
    "model.configure", "model.delete", "model.export", "model.invoke", "model.provision", "model.submit", "template.adopt", "template.create",
    "template.execute", "template.label", "template.render", "template.rollback", "template.sync", "template.unlabel", "template.update", "usage.query", "webhook.redeliver",
  ]);
  for (const row of rows) {
    for (const name of ["event", "id", "time", "request_id", "tenant", "key_id", "action", "outcome", "code", "rules", "policy_sha256", "attempts", "tokens", "cost_usd", "latency_ms"]) assert.ok(name in row, `${name} of ${row.action}`);
  }
  assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length, "every row has an id of its own");
});

test("T1: what upstream has without an owner is read by all and changed by an admin, until it is adopted", async () => {
  const id = uuid();
  await simulator.put("prompts", [own(id)]);
  assert.deepEqual(await statuses("a-manage", about(id)), [200, 200, 200, 200, 200, 200, 403]);
  assert.deepEqual(await statuses("b-use", about(id).slice(0, 6)), [200, 200, 200, 200, 200, 200]);
  assert.deepEqual(await statuses("admin", about(id).slice(6)), [200]);
  assert.equal((await ask("a-manage", "POST", `/v1/templates/${id}/adopt`, {})).status, 403);
  assert.equal((await ask("admin", "POST", `/v1/templates/${uuid()}/adopt`, { tenant: "a" })).status, 404);
  const adopted = await ask("admin", "POST", `/v1/templates/${id}/adopt`, { tenant: "a" });
  assert.deepEqual([adopted.status, adopted.body], [200, { id, tenant: "a" }]);
  assert.deepEqual(await statuses("a-manage", about(id).slice(6)), [200]);
  assert.equal((await ask("b-use", "GET", `/v1/templates/${id}`)).status, 404);
  assert.equal((await ask("admin", "POST", `/v1/templates/${id}/adopt`, { tenant: "b" })).status, 409);
  const cache = uuid();
  await simulator.put("templates", [{ id: cache, ...cached(), cacheSettings: { ttl: 60 } }]);
  assert.deepEqual(await statuses("a-manage", aboutCached(cache)), [200, 403, 403]);
  assert.equal((await ask("admin", "POST", `/v1/cache/templates/${cache}/adopt`, { tenant: "b" })).status, 200);
  assert.deepEqual(await statuses("a-manage", aboutCached(cache)), [404, 404, 404]);
  const [row] = (await gateway.rows(1, /adopt/)).filter(({ code }) => !code);
  assert.deepEqual([row.tenant, row.resource.id], ["platform", id]);
});

test("T1: of two tenants that put something at one address one has it", async () => {
  const id = uuid();
  const put = (key) => ask(key, "PUT", `/v1/cache/templates/${id}`, cached(), { "if-none-match": "*" });
  const [a, b] = await Promise.all([put("a-manage"), put("b-manage")]);
  assert.deepEqual([a.status, b.status].sort(), [201, 404], JSON.stringify([a.body, b.body]));
});

test("T1: lists, plans and usage have what is one's own and nobody's", async () => {
  const nobody = uuid();
  await simulator.put("prompts", [own(nobody)]);
  const { body: { id: first } } = await ask("a-manage", "POST", "/v1/templates", template());
  const { body: { id: second, name } } = await ask("b-manage", "POST", "/v1/templates", template());
  const listed = async (key, query = "") => (await ask(key, "GET", `/v1/templates${query}`)).body;
  const ids = ({ entities }) => entities.map(({ id }) => id).sort();
  assert.deepEqual(ids(await listed("a-use")), [nobody, first].sort());
  assert.deepEqual(ids(await listed("b-use")), [nobody, second].sort());
  assert.deepEqual(ids(await listed("admin")), [nobody, first, second].sort());
  const page = await listed("a-use", "?pageSize=1&pageNumber=2");
  assert.deepEqual([page.entities.length, page.total, page.pageCount, page.pageNumber], [1, 2, 2, 2]);
  // Another's is not told of by a plan either.
  const plan = await ask("a-manage", "POST", "/v1/templates/sync?dry_run", { templates: [template(name)] });
  assert.deepEqual([plan.body.create, plan.body.templates[0].id], [1, undefined]);
  for (const [key, id] of [["a-use", first], ["b-use", second]]) {
    assert.equal((await ask(key, ...about(id)[5])).status, 200);
  }
  const interval = { dateFrom: new Date(Date.now() - 864e5).toISOString(), dateTo: new Date(Date.now() + 864e5).toISOString(), metrics: ["requestCount"] };
  const usage = (key, groupBy) => ask(key, "POST", "/v1/usage/query", { ...interval, groupBy });
  assert.deepEqual((await usage("a-manage", ["templateId"])).body.entities.map(({ group }) => group.templateId), [first]);
  assert.deepEqual((await usage("admin", ["templateId"])).body.entities.map(({ group }) => group.templateId).filter(Boolean).sort(), [first, second].sort());
  assert.equal((await usage("a-manage", ["modelId"])).status, 403);
});

test("T1: models, metrics and the audit log", async () => {
  const submitted = await ask("a-manage", "POST", "/v1/models", definition());
  assert.equal(submitted.status, 202, JSON.stringify(submitted.body));
  const { id } = submitted.body.model ?? submitted.body;
  for (const [key, status] of [["a-use", 200], ["b-use", 404], ["b-manage", 404], ["admin", 200]]) {
    assert.equal((await ask(key, "GET", `/v1/models/${id}`)).status, status, key);
  }
  for (const [method, path, body] of [["GET", "snapshot"], ["POST", "invoke", { input: "hello" }], ["GET", "configuration"], ["GET", "events"]]) {
    assert.equal((await ask("b-manage", method, `/v1/models/${id}/${path}`, body)).status, 404, path);
  }
  for (const key of ["a-use", "b-use"]) await ask(key, "POST", "/v1/chat", request(), { accept: "application/json" });
  const metrics = async (key) => (await ask(key, "GET", "/v1/metrics")).body;
  const tenants = (text) => new Set([...text.matchAll(/tenant="([^"]*)"/g)].map(([, tenant]) => tenant));
  assert.deepEqual(tenants(await metrics("a-manage")), new Set(["a"]));
  assert.ok(tenants(await metrics("admin")).has("b"));
  assert.ok(!/^promptgate_upstream_requests_total /m.test(await metrics("a-manage")), "what is everybody's is the admin's");
  const rows = async (key) => (await gateway.audit("", keys[key])).lines.slice(0, -1);
  const [a, all] = [await rows("a-audit"), await rows("admin")];
  assert.ok(a.length > 0 && all.length >= a.length);
  assert.deepEqual(new Set(a.filter(({ row }) => row).map(({ row }) => row.tenant)), new Set(["a"]));
  assert.ok(a.some(({ row }) => !row), "another's row has its place");
  assert.deepEqual(a.map(({ sequence }) => sequence), a.map((_, at) => at + 1));
  assert.ok(all.every(({ row }) => row) && new Set(all.map(({ row }) => row.tenant)).has("b"));
});

test("H: what the guard did is counted by rule and tenant, and what is printed is what the page and the dashboard name", async () => {
  const said = { context: [{ role: "user", content: "My card is 4111 1111 1111 1111." }] };
  const refused = await ask("a-use", "POST", "/v1/chat", request(said), { accept: "application/json" });
  assert.equal(refused.body.code, "safety_refused", JSON.stringify(refused.body));
  const mail = await ask("b-use", "POST", "/v1/chat", request({ context: [{ role: "user", content: "Write to zoe.miller@example.com please." }] }), { accept: "application/json" });
  assert.equal(mail.status, 200, JSON.stringify(mail.body));
  const { body } = await ask("admin", "GET", "/v1/metrics");
  const findings = [...body.matchAll(/^promptgate_guard_findings_total\{tenant="(\w+)",rule="(\w+)",action="(\w+)",direction="(\w+)"\} (\d+)$/gm)].map(([, ...all]) => all);
  assert.ok(findings.some(([tenant, , action, direction]) => tenant === "a" && action === "block" && direction === "input"), JSON.stringify(findings));
  assert.ok(findings.some(([tenant, , action]) => tenant === "b" && ["redact", "flag"].includes(action)), JSON.stringify(findings));
  // The page names every metric that is printed, with its type and its labels, and no other.
  const page = readFileSync(new URL("../docs/metrics.md", import.meta.url), "utf8");
  const names = (text) => [...text.matchAll(/`(\w+)`/g)].map(([, name]) => name);
  const shared = names(/^The last four [\s\S]*?\n\n/m.exec(page)[0]).filter((name) => /^gen_ai_|^error_type$/.test(name));
  const described = new Map([...page.matchAll(/^\| `(\w+)` \| (\w+) \| ([^|]*) \|/gm)].map(([, name, type, labels]) => [name, { type, labels: [...names(labels), ...(labels.includes("below") ? shared : [])] }]));
  const types = [...body.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => [name, type]);
  assert.deepEqual([...described].map(([name, { type }]) => [name, type]).sort(), types.sort());
  for (const [, name, labels] of body.matchAll(/^(\w+)\{(.*)\} \S+$/gm)) {
    const metric = described.get(name) ?? described.get(name.replace(/_(bucket|sum|count)$/, ""));
    for (const [, label] of labels.matchAll(/(?:^|,)(\w+)="/g)) assert.ok(label === "le" || label === "other" || metric.labels.includes(label), `${name}: ${label}`);
  }
  const printed = new Set([...body.matchAll(/^# TYPE (\w+) (\w+)$/gm)].flatMap(([, name, type]) => type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name]));
  const { panels } = JSON.parse(readFileSync(new URL("../deploy/grafana.json", import.meta.url), "utf8"));
  const asked = new Set(panels.flatMap(({ targets = [] }) => targets).flatMap(({ expr }) => expr.match(/(?:promptgate|gen_ai(?!_request_model))_\w+(?=[{[)])/g)));
  assert.ok(asked.size >= 10);
  for (const name of asked) assert.ok(printed.has(name), name);
  for (const { expr } of panels.flatMap(({ targets = [] }) => targets)) {
    const metric = described.get(/(?:promptgate|gen_ai(?!_request_model))_\w+(?=[{[)])/.exec(expr)[0].replace(/_bucket$/, ""));
    const by = /\bby \(([^)]*)\)/.exec(expr)?.[1].split(/, */) ?? [], chosen = /\{([^}]*)\}/.exec(expr)?.[1] ?? "";
    const labels = [...by, ...[...chosen.matchAll(/(\w+)[=!]/g)].map(([, label]) => label)].filter((label) => label !== "le");
    for (const label of labels) assert.ok(metric.labels.includes(label), `${expr}: ${label}`);
  }
});
