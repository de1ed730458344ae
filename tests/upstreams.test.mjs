// Row U5, C2, E7 and "errors": scopes, what a login says, whether the gateway can use its upstreams, the pace.
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { after, before, beforeEach, test } from "node:test";
import { startGateway } from "./support/gateway.mjs";
import { startSimulator } from "./support/simulator.mjs";

let simulator;
before(async () => {
  simulator = await startSimulator();
});
beforeEach(() => simulator.reset());
after(() => simulator?.stop());

async function gatewayOf(vars, use) {
  const gateway = await startGateway(simulator, vars);
  try {
    await use(gateway);
  } finally {
    await gateway.stop();
  }
}
const ID = "0198c0de-1234-4abc-8def-0123456789ab";

test("U5: the scope goes with the token where it is set, and an invalid one is told from a bad secret", async () => {
  await gatewayOf({ UPSTREAM_SCOPE: "ai:gateway:manage  ai:llm-gateway:write" }, async (gateway) => {
    assert.equal((await gateway.chat()).status, 200);
    // What the token does not cover is refused by upstream, and named.
    const listed = await gateway.ask("GET", "/v1/templates");
    assert.deepEqual([listed.status, listed.body.code], [403, "upstream_forbidden"]);
    assert.match(listed.body.detail, /llm-gateway:prompt-template:view/);
  });
  await gatewayOf({ UPSTREAM_SCOPE: "ai:gateway:mange" }, async (gateway) => {
    const { status, text } = await gateway.chat();
    const body = JSON.parse(text);
    assert.deepEqual([status, body.code, body.retryable], [502, "token_refused", false]);
    assert.match(body.detail, /UPSTREAM_SCOPE/);
  });
  await gatewayOf({ UPSTREAM_CLIENT_SECRET: "canary-wrong" }, async (gateway) => {
    const { status, text } = await gateway.chat();
    assert.deepEqual([status, JSON.parse(text).code], [502, "token_refused"]);
    assert.match(JSON.parse(text).detail, /id and secret/);
    assert.doesNotMatch(text, /canary/);
  });
  await gatewayOf({ UPSTREAM_LOGIN_URL: "http://127.0.0.1:9" }, async (gateway) => {
    const body = JSON.parse((await gateway.chat()).text);
    assert.deepEqual([body.code, body.retryable], ["token_unavailable", true]);
    assert.match(body.detail, /cannot be reached/);
  });
});

test("U5: ai:gateway:manage alone suffices for cached templates; invoking a model needs ai:models:write", async () => {
  await gatewayOf({ MODEL_POLL_MS: "5" }, async (gateway) => {
    await simulator.scopes(["ai:gateway:manage"]);
    const made = await gateway.ask("POST", "/v1/cache/templates", { content: "Hello ${name}", variables: { name: "you" }, cacheSettings: { ttl: 3600 } });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    assert.equal((await gateway.ask("GET", `/v1/cache/templates/${made.body.id}`, undefined, { "cache-control": "no-cache" })).status, 200);
    await simulator.scopes(["ai:models:write", "ai:models:read"]);
    // A token keeps the scopes that it was given with.
    await simulator.expireTokens();
    const model = await gateway.ask("POST", "/v1/models", {
      name: "one", provider: "openai", modelId: "m", credentials: { apiKey: "0123456789" }, configuration: { temperature: 0, maxTokens: 10 },
      promptTemplate: "{input}", responseSchema: { type: "object", properties: {} },
    });
    assert.equal(model.status, 202, JSON.stringify(model.body));
    await gateway.ask("GET", `/v1/models/${model.body.model.id}/events`);
    assert.equal((await gateway.ask("POST", `/v1/models/${model.body.model.id}/invoke`, { input: "x" })).status, 200);
  });
});

test("/healthz?deep=1 says which upstream takes the credentials, asks once in a while, and has no secret", async () => {
  const asked = [];
  const openai = http.createServer((request, response) => {
    asked.push([request.method, request.url, request.headers.authorization]);
    response.writeHead(request.headers.authorization === "Bearer good-key-0123456789" ? 200 : 401).end("{}");
  }).listen(0, "127.0.0.1");
  await once(openai, "listening");
  const url = `http://127.0.0.1:${openai.address().port}/v1`;
  const upstreams = (secret) => JSON.stringify([{ name: "hosted", wire: "openai", url, credential: { secret } }]);
  try {
    await gatewayOf({ UPSTREAMS: upstreams("GOOD"), GOOD: "good-key-0123456789" }, async (gateway) => {
      const plain = await gateway.ask("GET", "/healthz", undefined, { authorization: "" });
      assert.deepEqual([plain.status, plain.body, asked.length], [200, { status: "ok" }, 0]);
      for (let n = 0; n < 5; n++) {
        const { status, body } = await gateway.ask("GET", "/healthz?deep=1", undefined, { authorization: "" });
        assert.deepEqual([status, body], [200, { status: "ok", upstreams: [{ credentials: "accepted", name: "hosted" }, { credentials: "accepted", name: "genesys" }] }]);
      }
      assert.deepEqual(asked, [["GET", "/v1/models", "Bearer good-key-0123456789"]]);
      assert.equal((await simulator.stats()).token, 1);
      assert.equal((await gateway.ask("GET", "/healthz?deep=maybe")).status, 400);
    });
    await gatewayOf({ UPSTREAMS: upstreams("BAD"), BAD: "canary-key", UPSTREAM_CLIENT_SECRET: "canary-wrong" }, async (gateway) => {
      const { status, body } = await gateway.ask("GET", "/healthz?deep=1");
      assert.deepEqual([status, body.status, body.upstreams.map(({ credentials }) => credentials)], [503, "degraded", ["refused", "refused"]]);
      assert.doesNotMatch(JSON.stringify(body), /canary/);
    });
  } finally {
    openai.close();
  }
});

test("settings: a name that is nearly a setting is reported beside every other fault", async () => {
  await gatewayOf({ UPSTREAM_CLIENT_SECERT: "canary", TOTAL_MS: "5s", AUDIT_OBJECT_ROWS: "x", MY_OWN: "1" }, async (gateway) => {
    const { status, body } = await gateway.ask("GET", "/healthz");
    assert.equal(status, 503);
    assert.deepEqual(body.errors.map(({ path }) => path).sort(), ["$.AUDIT_OBJECT_ROWS", "$.TOTAL_MS", "$.UPSTREAM_CLIENT_SECERT"]);
    assert.match(JSON.stringify(body), /did you mean UPSTREAM_CLIENT_SECRET\?/);
    assert.doesNotMatch(JSON.stringify(body), /canary/);
  });
});

test("C2: no more is asked than UPSTREAM_PER_MINUTE; the rest is 429 with its time, and nothing is sent for it", async () => {
  await gatewayOf({ UPSTREAM_PER_MINUTE: "3", TOTAL_MS: "2000" }, async (gateway) => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => gateway.ask("GET", "/v1/templates")));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 200, 429, 429, 429]);
    const refused = answers.find(({ status }) => status === 429);
    assert.equal(refused.body.code, "upstream_rate_limited");
    assert.ok(Number(refused.headers.get("retry-after")) > 30);
    assert.equal((await simulator.stats()).prompt_list, 3);
  });
});

test("E7: a sync whose step failed says so in its status", async () => {
  await gatewayOf({}, async (gateway) => {
    const templates = ["one", "two"].map((name) => ({ name: `greeting ${name}`, system_instruction: "Be brief.", user_template: "Hello" }));
    await simulator.fault({ kind: "status", status: 500 }, { on: "prompt_create" });
    const first = await gateway.ask("POST", "/v1/templates/sync", { templates });
    assert.deepEqual([first.status, first.body.failed, first.body.templates.map(({ result }) => result.success)], [207, 1, [false, true]]);
    const second = await gateway.ask("POST", "/v1/templates/sync", { templates });
    assert.deepEqual([second.status, second.body.failed, second.body.create, second.body.leave], [200, 0, 1, 1]);
  });
});

test("A5: a Fetch client that asks with If-None-Match, and so with Cache-Control: no-cache, gets its 304 from the edge", async () => {
  await gatewayOf({}, async (gateway) => {
    const made = await gateway.ask("POST", "/v1/templates", { name: "greeting", system_instruction: "Be brief.", user_template: "Hello" });
    const { id } = made.body;
    const read = await gateway.ask("GET", `/v1/templates/${id}`);
    const reads = (await simulator.stats()).prompt_get;
    // Node's fetch adds both headers by itself.
    const same = await gateway.ask("GET", `/v1/templates/${id}`, undefined, { "if-none-match": read.headers.get("etag") });
    assert.deepEqual([same.status, same.headers.get("x-cache")], [304, "HIT"]);
    assert.equal((await simulator.stats()).prompt_get, reads);
    const newest = await gateway.ask("GET", `/v1/templates/${id}`, undefined, { "if-none-match": read.headers.get("etag"), "cache-control": "max-age=0" });
    assert.deepEqual([newest.status, newest.headers.get("x-cache")], [304, "MISS"]);
  });
});

test("C1: the key of a definition is tried once, where an upstream is its provider, and nowhere else", async () => {
  const good = "sk-canary-good-0123456789";
  const provider = await startSimulator("--api-key", good);
  const UPSTREAMS = JSON.stringify([{ name: "own", wire: "openai", url: `${provider.url}/v1`, provider: "openai" }]);
  const definition = (credentials, changes = {}) => ({
    name: `sorter ${crypto.randomUUID()}`, provider: "openai", modelId: "gpt-4o-mini", credentials, configuration: { temperature: 0.2, maxTokens: 300 },
    promptTemplate: "Sort: {input}", responseSchema: { type: "object", properties: { category: "string" } }, ...changes,
  });
  const asked = async () => (await provider.stats()).requests.openai_models;
  try {
    await gatewayOf({ UPSTREAMS, MODEL_POLL_MS: "5" }, async (gateway) => {
      const submit = (credentials, changes) => gateway.ask("POST", "/v1/models", definition(credentials, changes));
      const taken = await submit({ apiKey: good });
      assert.deepEqual([taken.status, taken.body.warnings, await asked()], [202, [], 1], JSON.stringify(taken.body));
      const before = (await simulator.requests()).filter(({ method, path }) => method === "POST" && /\/models$/.test(path)).length;
      const refused = await submit({ apiKey: "sk-canary-bad-0123456789" });
      assert.deepEqual([refused.status, refused.body.code, refused.body.errors.map(({ path, code }) => [path, code])], [400, "invalid_request", [["$.credentials.apiKey", "key_refused"]]]);
      assert.equal((await simulator.requests()).filter(({ method, path }) => method === "POST" && /\/models$/.test(path)).length, before, "nothing was provisioned");
      assert.equal((await gateway.ask("GET", "/v1/models")).body.total, 1, "and nothing is in the list");
      const [row] = (await gateway.rows(1, /^model\.submit/)).filter(({ code }) => code);
      assert.deepEqual([row.outcome, row.code], ["refused", "invalid_request"]);
      // Nobody is asked by another provider's key, nor by one that has an address of its own: that address least of all.
      const silent = [[{ apiKey: "sk-canary-bad-0123456789" }, { provider: "anthropic" }], [{ apiKey: "sk-canary-bad-0123456789", endpoint: "https://elsewhere.invalid/v1" }]];
      for (const [credentials, changes] of silent) {
        const { status, body } = await submit(credentials, changes);
        assert.deepEqual([status, body.warnings], [202, []]);
      }
      assert.equal(await asked(), 2);
      await provider.fault({ kind: "status", status: 500 }, { on: "openai_models" });
      const warned = async () => {
        const { status, body } = await submit({ apiKey: good });
        return [status, body.warnings.map(({ path, code }) => [path, code])];
      };
      assert.deepEqual(await warned(), [202, [["$.credentials.apiKey", "key_unchecked"]]]);
      await provider.stop();
      assert.deepEqual(await warned(), [202, [["$.credentials.apiKey", "key_unchecked"]]], "nobody is there");
      assert.doesNotMatch(gateway.lines.join("\n"), /canary/);
    });
  } finally {
    await provider.stop();
  }
});
