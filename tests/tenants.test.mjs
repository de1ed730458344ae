// Tenants are walls (requirements, T1): what one has is not there for another.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, beforeEach, test } from "node:test";
import { ADMIN, digest, request, startGateway } from "./support/gateway.mjs";
import { startSimulator } from "./support/simulator.mjs";

// Two tenants with a key of each right.
const keys = Object.fromEntries(["a", "b"].flatMap((tenant) => ["use", "manage", "audit"].map((right) => [`${tenant}-${right}`, `pg_test_${tenant}_${right}`])));
const entry = ([name, key]) => `${name[0]}:${digest(key)}${name.endsWith("use") ? "" : `:${name.slice(2)}`}`;
keys.admin = ADMIN;

let simulator, gateway;
before(async () => {
  simulator = await startSimulator();
  const CLIENT_KEYS = [...Object.entries(keys).filter(([name]) => name !== "admin").map(entry), `platform:${digest(ADMIN)}:admin`].join(" ");
  gateway = await startGateway(simulator, { CLIENT_KEYS, MODEL_POLL_MS: "5" });
});
beforeEach(async () => { await simulator.reset(); gateway.lines.length = 0; });
after(async () => {
  await gateway?.stop();
  await simulator?.stop();
});

const ask = (key, method, path, body, headers = {}) => gateway.ask(method, path, body, { authorization: `Bearer ${keys[key]}`, ...headers });
const template = (name = `reply ${Math.random().toString(36).slice(2)}`) => ({
  name, system_instruction: "You write replies for a contact centre. Be brief.", user_template: "Reply to {{customer}}.",
  variables: ["customer"], max_tokens: 512,
});
const cached = () => ({ name: "order status", content: "Tell ${customer} where the parcel is.", variables: [{ name: "customer", value: "" }] });
const own = (id) => ({ id, version: 1, ...template(), safety_guardrails: { pii_filter: true, jailbreak_detection: true, output_moderation: true } });
const uuid = () => crypto.randomUUID();

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
  const definition = { name: "sorter", provider: "openai", modelId: "gpt-4o-mini", credentials: { apiKey: "sk-canary-0123456789" }, configuration: { temperature: 0.2, maxTokens: 300 }, promptTemplate: "Sort: {input}", responseSchema: { type: "object", properties: { category: "string" } } };
  const submitted = await ask("a-manage", "POST", "/v1/models", definition);
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

test("H: what the guard did is counted by rule and tenant, and the dashboard asks for what is printed", async () => {
  const said = { context: [{ role: "user", content: "My card is 4111 1111 1111 1111." }] };
  const refused = await ask("a-use", "POST", "/v1/chat", request(said), { accept: "application/json" });
  assert.equal(refused.body.code, "safety_refused", JSON.stringify(refused.body));
  const mail = await ask("b-use", "POST", "/v1/chat", request({ context: [{ role: "user", content: "Write to zoe.miller@example.com please." }] }), { accept: "application/json" });
  assert.equal(mail.status, 200, JSON.stringify(mail.body));
  const { body } = await ask("admin", "GET", "/v1/metrics");
  const findings = [...body.matchAll(/^promptgate_guard_findings_total\{tenant="(\w+)",rule="(\w+)",action="(\w+)",direction="(\w+)"\} (\d+)$/gm)].map(([, ...all]) => all);
  assert.ok(findings.some(([tenant, , action, direction]) => tenant === "a" && action === "block" && direction === "input"), JSON.stringify(findings));
  assert.ok(findings.some(([tenant, , action]) => tenant === "b" && ["redact", "flag"].includes(action)), JSON.stringify(findings));
  const printed = new Set([...body.matchAll(/^# TYPE (\w+) (\w+)$/gm)].flatMap(([, name, type]) => type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name]));
  const { panels } = JSON.parse(readFileSync(new URL("../deploy/grafana.json", import.meta.url), "utf8"));
  const asked = new Set(panels.flatMap(({ targets = [] }) => targets).flatMap(({ expr }) => expr.match(/(?:promptgate|gen_ai(?!_request_model))_\w+(?=[{[)])/g)));
  assert.ok(asked.size >= 10);
  for (const name of asked) assert.ok(printed.has(name), name);
});
