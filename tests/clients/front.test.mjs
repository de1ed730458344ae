// What the operator sets for the OpenAI front, and what an answer's head says.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, beforeEach, test } from "node:test";
import OpenAI from "openai7";
import { KEY } from "../support/gateway.mjs";
import { startSimulator } from "../support/simulator.mjs";
import { openai, startOpenaiGateway } from "./gateway.mjs";

const PAGE = "https://app.example";
const OTHER = "pg_other_key";
const digest = (key) => createHash("sha256").update(key).digest("hex");
const target = (weight) => ({ upstream: "openai", model: weight === undefined ? "gpt-4o-mini" : `weighted-${weight}`, weight });
const ask = { model: "gpt-4o-mini", messages: [{ role: "user", content: "Where is my parcel?" }] };

let simulator, gateway;
before(async () => {
  simulator = await startSimulator();
  gateway = await startOpenaiGateway({
    ...openai(`${simulator.url}/v1`),
    CLIENT_KEYS: `test:${digest(KEY)} other:${digest(OTHER)}`,
    CORS_ORIGINS: `${PAGE} http://localhost:5173`,
    OPENAI_MAX_BODY: String(2 << 20),
    MODELS: JSON.stringify([
      { name: "gpt-4o-mini", targets: [target()], rates: { promptPer1k: "1", completionPer1k: "2" } },
      { name: "theirs", targets: [target()], tenants: ["other"] },
      { name: "drawn", targets: [target(3), target(1)] },
      { name: "*", targets: [target()] },
    ]),
  });
});
after(async () => {
  await gateway?.stop();
  await simulator?.stop();
});
beforeEach(() => simulator.reset());

test("a page of a configured origin may call, another may not", async () => {
  const preflight = (origin, path = "/openai/v1/chat/completions", method = "POST") => fetch(gateway.url + path, {
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": method, "access-control-request-headers": "authorization,content-type,x-stainless-os" },
  });
  const allowed = await preflight(PAGE);
  assert.equal(allowed.status, 204);
  assert.equal(allowed.headers.get("access-control-allow-origin"), PAGE);
  assert.equal(allowed.headers.get("access-control-allow-headers"), "authorization,content-type,x-stainless-os");
  assert.equal(allowed.headers.get("access-control-allow-credentials"), null);
  for (const refused of [await preflight("https://evil.example"), await preflight(PAGE, "/v1/templates"), await preflight(PAGE, "/v1/audit", "GET")]) {
    assert.equal(refused.headers.get("access-control-allow-origin"), null);
  }
  for (const [body, status] of [[ask, 200], [{ ...ask, stream: true }, 200], [{}, 400]]) {
    const answer = await gateway.complete(body, { origin: PAGE });
    await answer.text();
    assert.deepEqual([answer.status, answer.headers.get("access-control-allow-origin"), answer.headers.get("vary")], [status, PAGE, "origin"]);
    assert.match(answer.headers.get("access-control-expose-headers"), /x-request-id/);
    const evil = await gateway.complete(body, { origin: "https://evil.example" });
    await evil.text();
    assert.deepEqual([evil.headers.get("access-control-allow-origin"), evil.headers.get("vary")], [null, "origin"]);
  }
  const stranger = await gateway.complete(ask, { origin: PAGE, authorization: "Bearer x" });
  assert.deepEqual([stranger.status, stranger.headers.get("access-control-allow-origin")], [401, PAGE], "a page reads why");
});

test("a body has the configured size at most", async () => {
  const image = (bytes) => ({ ...ask, messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: `data:image/png;base64,${"A".repeat(bytes)}` } }] }] });
  assert.equal((await gateway.complete(image(1_900_000))).status, 200);
  const refused = await gateway.complete(image(2_200_000));
  assert.deepEqual([refused.status, (await refused.json()).code], [413, "body_too_large"]);
});

test("a model is there for its tenants alone", async () => {
  const of = async (key) => (await new OpenAI({ baseURL: gateway.target.url, apiKey: key }).models.list()).data.map(({ id }) => id);
  assert.deepEqual(await of(KEY), ["gpt-4o-mini", "drawn"]);
  assert.deepEqual(await of(OTHER), ["gpt-4o-mini", "theirs", "drawn"]);
  const refused = await gateway.complete({ ...ask, model: "theirs" });
  assert.deepEqual([refused.status, (await refused.json()).error.code], [404, "model_not_found"]);
  assert.equal((await gateway.complete({ ...ask, model: "theirs" }, { authorization: `Bearer ${OTHER}` })).status, 200);
});

test("weights draw where a call goes first", async () => {
  const calls = 60;
  for (let call = 0; call < calls; call++) await (await gateway.complete({ ...ask, model: "drawn" })).text();
  const sent = (await simulator.requests()).filter(({ endpoint }) => endpoint === "openai_chat").map(({ body }) => body.model);
  const heavy = sent.filter((model) => model === "weighted-3").length;
  // With 3 of 4, fewer than 30 of 60 or none of the other come by chance less than once in ten million runs.
  assert.ok(sent.length === calls && heavy > 24 && heavy < calls, `${heavy} of ${sent.length}`);
});

test("the row has what it costs by the route, and how often the SDK has sent it before", async () => {
  const known = (await gateway.rows(0)).length;
  const { usage } = await (await gateway.complete(ask, { "x-stainless-retry-count": "2" })).json();
  await (await gateway.complete(ask, { "x-stainless-retry-count": "canary" })).text();
  await (await gateway.complete({}, { "x-stainless-retry-count": "1" })).text();
  const rows = (await gateway.rows(known + 3)).slice(known);
  assert.deepEqual(rows.map(({ outcome, details }) => [outcome, details.client_retry_count]), [["success", 2], ["success", undefined], ["refused", 1]]);
  assert.equal(Number(rows[0].cost_usd), (usage.prompt_tokens + 2 * usage.completion_tokens) / 1000);
  assert.equal(rows[0].cost_basis, "model_rate");
});

test("what the upstream says of its limits is passed on, and a quota that is used up is not asked again", async () => {
  const limits = { "x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "12", "x-ratelimit-reset-tokens": "6m0s" };
  await simulator.fault({ kind: "status", status: 429, code: "insufficient_quota", headers: { ...limits, "retry-after": "1" } }, { on: "openai_chat", times: null });
  const client = new OpenAI({ baseURL: gateway.target.url, apiKey: KEY, maxRetries: 2 });
  const failure = await client.chat.completions.create(ask).catch((error) => error);
  assert.deepEqual([failure.status, failure.code], [429, "insufficient_quota"]);
  assert.equal((await simulator.stats()).openai_chat, 1, "neither the gateway nor the SDK asks again");
  for (const [name, value] of Object.entries({ ...limits, "x-ratelimit-reset-requests": "12s" })) assert.equal(failure.headers.get(name), value, name);
  // One that passes is waited for.
  await simulator.reset();
  await simulator.fault({ kind: "status", status: 429, code: "rate_limit_exceeded", headers: { "retry-after": "0" } }, { on: "openai_chat" });
  assert.equal((await client.chat.completions.create(ask)).choices.length, 1);
  assert.equal((await simulator.stats()).openai_chat, 2);
});
