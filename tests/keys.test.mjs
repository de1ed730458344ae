// Keys, limits and budgets (requirements, T2 and T3), in real workerd with objects on disk.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { startWorkerd } from "../bench/workerd.mjs";
import { ADMIN, KEY, MANAGER, digest, request, startGateway } from "./support/gateway.mjs";
import { startSimulator } from "./support/simulator.mjs";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
let simulator, gateway, persist;
before(async () => {
  simulator = await startSimulator();
  persist = mkdtempSync(join(tmpdir(), "promptgate-keys-"));
  await start();
});
const start = async (vars = {}) => {
  gateway = await startGateway(simulator, {
    CLIENT_KEYS: `acme:${digest(KEY)} acme:${digest(MANAGER)}:manage platform:${digest(ADMIN)}:admin`,
    TENANT_LIMITS: JSON.stringify({ small: { requestsPerMinute: 2 }, month: { costPerMonth: "0.01" } }),
    WEBHOOK_URL: `${simulator.url}/_simulator/webhook`, WEBHOOK_SECRET: SECRET, WEBHOOK_PRIVATE: "true", ...vars,
  }, { persist });
};
beforeEach(() => simulator.reset());
after(async () => {
  await gateway?.stop();
  await simulator?.stop();
  rmSync(persist, { recursive: true, force: true });
});

const ask = (key, method, path, body, headers = {}) => gateway.ask(method, path, body, { authorization: `Bearer ${key}`, ...headers });
const make = async (order, by = ADMIN) => {
  const made = await ask(by, "POST", "/v1/keys", { name: "a key", ...order });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  return made.body;
};
const chat = (key, changes = {}, headers = {}) => ask(key, "POST", "/v1/chat", request(changes), { accept: "application/json", ...headers });
/** Minutes have ends: a test that counts within one begins early in it. */
const early = async () => {
  const left = 60_000 - Date.now() % 60_000;
  if (left < 8_000) await new Promise((done) => setTimeout(done, left + 50));
};

test("T2: a key is made, used, seen and changed", async () => {
  const { secret, ...key } = await make({ name: "shop", tenant: "shop", rights: ["manage"], models: ["support-small"], limits: { requestsPerMinute: 500, costPerMonth: 20 } });
  assert.match(secret, /^pgk_[0-9A-Za-z]{38}$/);
  assert.deepEqual([key.tenant, key.status, key.rights, key.limits], ["shop", "active", ["use", "manage"], { requestsPerMinute: 500, costPerMonth: "20.00" }]);
  const who = await ask(secret, "GET", "/v1/whoami");
  assert.deepEqual([who.body.tenant, who.body.keyId, who.body.name, who.body.rights, who.body.models], ["shop", key.id, "shop", ["use", "manage"], ["support-small"]]);
  assert.equal((await chat(secret)).status, 200);
  const other = await chat(secret, { modelId: "another" });
  assert.deepEqual([other.status, other.body.code], [403, "forbidden"]);
  const [row] = (await gateway.rows(1)).filter(({ tenant }) => tenant === "shop");
  assert.equal(row.key_id, key.id, "rows name the key, not its secret");
  const listed = await ask(secret, "GET", "/v1/keys");
  assert.deepEqual(listed.body.keys.map(({ id }) => id), [key.id], "its tenant's keys only");
  assert.match(listed.body.keys[0].lastUsedAt, /:00\.000Z$/, "to the minute");
  assert.ok(!JSON.stringify(listed.body).includes(secret) && !JSON.stringify(listed.body).includes(digest(secret)));
  const changed = await ask(ADMIN, "PATCH", `/v1/keys/${key.id}`, { name: "shop 2", limits: {} });
  assert.deepEqual([changed.body.name, changed.body.limits, changed.body.models], ["shop 2", {}, ["support-small"]]);
  // Of another tenant's key there is nothing to be seen.
  for (const [method, path, body] of [["GET", ""], ["PATCH", "", { name: "x" }], ["DELETE", ""], ["POST", "/rotate", {}]]) {
    assert.equal((await ask(MANAGER, method, `/v1/keys/${key.id}${path}`, body)).status, 404, `${method} ${path}`);
  }
  assert.ok(!(await ask(MANAGER, "GET", "/v1/keys")).body.keys.some(({ id }) => id === key.id));
  assert.ok((await ask(ADMIN, "GET", "/v1/keys?tenant=shop")).body.keys.some(({ id }) => id === key.id));
  assert.doesNotMatch(gateway.lines.join("\n"), new RegExp(`${secret}|${digest(secret)}`));
  const rows = (await gateway.rows(2, /^key\./)).map(({ action, resource, code }) => [action, resource.type, resource.id, code]);
  assert.deepEqual(rows.slice(0, 1), [["key.create", "key", key.id, null]]);
});

test("T2: what a key may not do, and bad orders", async () => {
  for (const [order, by, status] of [
    [{ name: "x", rights: ["audit"] }, MANAGER, 403], [{ name: "x", tenant: "globex" }, MANAGER, 403], [{ name: "x" }, KEY, 403],
    [{ name: "x", rights: ["root"] }, ADMIN, 400], [{}, ADMIN, 400], [[], ADMIN, 400], ["{", ADMIN, 400],
    [{ name: "x", limits: { requestsPerMinute: 0 } }, ADMIN, 400], [{ name: "x", limits: { costPerDay: "much" } }, ADMIN, 400],
    [{ name: "x", expiresAt: "2020-01-01T00:00:00Z" }, ADMIN, 400],
  ]) {
    const refused = await ask(by, "POST", "/v1/keys", order);
    assert.equal(refused.status, status, JSON.stringify([order, refused.body]));
  }
  const strong = await make({ rights: ["audit"], tenant: "acme" });
  assert.equal((await ask(MANAGER, "POST", `/v1/keys/${strong.id}/rotate`, {})).status, 403, "no key takes over one that may do more");
});

test("T2: a rotation has an overlap; a revocation holds at once where nobody remembers the key", async () => {
  const key = await make({ tenant: "acme" });
  assert.equal((await ask(key.secret, "GET", "/v1/whoami")).status, 200);
  const rotated = await ask(MANAGER, "POST", `/v1/keys/${key.id}/rotate`, { overlapSeconds: 3_600 });
  assert.equal(rotated.status, 200, JSON.stringify(rotated.body));
  assert.notEqual(rotated.body.secret, key.secret);
  for (const secret of [key.secret, rotated.body.secret]) assert.equal((await ask(secret, "GET", "/v1/whoami")).body.keyId, key.id);
  const now = await ask(MANAGER, "POST", `/v1/keys/${key.id}/rotate`, { overlapSeconds: 0 });
  const ended = await make({ tenant: "acme" });
  assert.equal((await ask(ended.secret, "GET", "/v1/whoami")).status, 200);
  assert.equal((await ask(MANAGER, "DELETE", `/v1/keys/${ended.id}`)).body.status, "revoked");
  assert.equal((await ask(MANAGER, "PATCH", `/v1/keys/${ended.id}`, { name: "again" })).status, 409);
  // A new isolate: it has the keys from disk, and remembers none.
  await gateway.stop();
  await start();
  assert.equal((await ask(now.body.secret, "GET", "/v1/whoami")).status, 200);
  for (const secret of [key.secret, rotated.body.secret, ended.secret]) {
    const refused = await ask(secret, "GET", "/v1/whoami");
    assert.deepEqual([refused.status, refused.body.code], [401, "unauthenticated"]);
  }
});

/** A key that nobody has and that has the form of one. */
function invented() {
  const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const front = `pgk_${Array.from({ length: 32 }, () => alphabet[Math.floor(Math.random() * 62)]).join("")}`;
  let crc = 0xffffffff;
  for (const byte of Buffer.from(front)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  let rest = ~crc >>> 0, sum = "";
  for (let digits = 0; digits < 6; digits++) [sum, rest] = [alphabet[rest % 62] + sum, Math.floor(rest / 62)];
  return front + sum;
}

test("T2: who invents keys does not get through, and soon asks nobody", async () => {
  const good = await make({ tenant: "acme" });
  assert.equal((await ask(good.secret, "GET", "/v1/whoami")).status, 200);
  assert.equal((await ask(`${invented().slice(0, -1)}!`, "GET", "/v1/whoami")).status, 401);
  const answers = [];
  for (let round = 0; round < 10; round++) {
    answers.push(...await Promise.all(Array.from({ length: 40 }, () => ask(invented(), "GET", "/v1/whoami"))));
  }
  const of = (status) => answers.filter((answer) => answer.status === status);
  assert.equal(of(401).length + of(503).length, 400);
  assert.ok(of(503).length > 50, `${of(503).length} were refused without asking`);
  assert.equal(of(503)[0].headers.get("retry-after"), "1");
  assert.equal((await ask(good.secret, "GET", "/v1/whoami")).status, 200, "who is known goes on");
});

test("T2: a tenant has a thousand keys at most; the longest ended gives way to a new one", async () => {
  const order = (number) => ask(ADMIN, "POST", "/v1/keys", { name: `key ${number}`, tenant: "crowded" });
  const ids = [];
  for (let number = 0; number < 1_000; number += 20) {
    const made = await Promise.all(Array.from({ length: 20 }, (_, more) => order(number + more)));
    for (const { status, body } of made) {
      assert.equal(status, 201, JSON.stringify(body));
      ids.push(body.id);
    }
  }
  const full = await order("too many");
  assert.deepEqual([full.status, full.body.code], [409, "conflict"], JSON.stringify(full.body));
  assert.match(full.body.detail, /1000 keys at most/);
  assert.equal((await make({ tenant: "acme" })).tenant, "acme", "another tenant has room");
  for (const id of [ids[500], ids[3]]) assert.equal((await ask(ADMIN, "DELETE", `/v1/keys/${id}`)).status, 200);
  const made = await order("now");
  assert.equal(made.status, 201, JSON.stringify(made.body));
  assert.equal((await ask(made.body.secret, "GET", "/v1/whoami")).body.keyId, made.body.id);
  assert.equal((await ask(ADMIN, "GET", `/v1/keys/${ids[500]}`)).status, 404, "it ended first");
  assert.equal((await ask(ADMIN, "GET", `/v1/keys/${ids[3]}`)).body.status, "revoked");
  assert.equal((await order("and now")).status, 201);
  assert.equal((await order("no more")).status, 409);
});

test("T2: promptgate keys does it from a shell", async () => {
  const run = (...args) => {
    const code = `import { keysCommand } from "./npm/src/cli/keys.js"; import { parseArgs } from "node:util";
      const { values, positionals } = parseArgs({ args: process.argv.slice(1), options: keysCommand.options, allowPositionals: true });
      try { process.exitCode = await keysCommand.run(positionals, values); } catch (error) { console.error(error.message); process.exitCode = 2; }`;
    const cwd = new URL("..", import.meta.url);
    return new Promise((done) => {
      execFile(process.execPath, ["--input-type=module", "-e", code, "--", ...args], { cwd, env: { ...process.env, PROMPTGATE_URL: gateway.url, PROMPTGATE_KEY: ADMIN } },
        (error, stdout, stderr) => done({ code: error?.code ?? 0, stdout, stderr }));
    });
  };
  const made = await run("create", "--name", "from a shell", "--tenant", "shell", "--right", "manage", "--requests-per-minute", "60", "--cost-per-day", "1.5", "--format", "json");
  assert.equal(made.code, 0, made.stderr);
  const key = JSON.parse(made.stdout);
  assert.deepEqual([key.tenant, key.limits], ["shell", { requestsPerMinute: 60, costPerDay: "1.50" }]);
  const list = await run("list", "--tenant", "shell");
  assert.match(list.stdout, new RegExp(`${key.id}\\s+shell\\s+from a shell\\s+active\\s+use,manage`));
  const rotated = await run("rotate", key.id, "--overlap", "60");
  assert.match(rotated.stdout, /^pgk_\w{38}\n[\s\S]*good until/);
  assert.match((await run("revoke", key.id)).stdout, /is revoked/);
  const refused = await run("create", "--name", "x", "--right", "root");
  assert.deepEqual([refused.code, /\$\.rights\[0\]/.test(refused.stderr)], [2, true], refused.stderr);
  assert.equal((await run("rotate")).code, 2);
});

test("T3: the limit's name, Retry-After and what is left, on both fronts", async () => {
  await early();
  const { secret } = await make({ tenant: "acme", limits: { requestsPerMinute: 3, tokensPerMinute: 100_000 } });
  const left = [];
  for (let number = 0; number < 2; number++) {
    const answer = await chat(secret);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    left.push(answer.headers.get("x-ratelimit-remaining-requests"));
  }
  assert.deepEqual(left, ["2", "1"]);
  const completion = (extra = {}) => ask(secret, "POST", "/openai/v1/chat/completions", { model: "support-small", messages: [{ role: "user", content: "Hello" }], max_tokens: 20, temperature: 0.2, ...extra });
  const third = await completion();
  assert.equal(third.status, 200, JSON.stringify(third.body));
  assert.deepEqual(["limit", "remaining"].map((name) => third.headers.get(`x-ratelimit-${name}-requests`)), ["3", "0"]);
  assert.match(third.headers.get("x-ratelimit-reset-requests"), /^\d+s$/);
  assert.ok(Number(third.headers.get("x-ratelimit-remaining-tokens")) < 100_000);
  const sent = (await simulator.stats()).chat_requests ?? (await simulator.requests()).length;
  for (const refused of [await chat(secret), await completion()]) {
    assert.equal(refused.status, 429);
    assert.equal(refused.body.code, "limit_reached");
    assert.match(refused.body.detail, /This key's limit `requestsPerMinute` of 3 is reached/);
    assert.ok(Number(refused.headers.get("retry-after")) >= 1 && Number(refused.headers.get("retry-after")) <= 60);
    assert.equal(refused.headers.get("x-ratelimit-remaining-requests"), "0");
  }
  assert.equal((await completion()).body.error.code, "rate_limit_exceeded");
  assert.equal((await simulator.stats()).chat_requests ?? (await simulator.requests()).length, sent, "what is refused costs nothing upstream");
  // Other keys of the tenant go on.
  assert.equal((await chat(KEY)).status, 200);
});

test("T3: a tenant's limit holds over all its keys, and those of CLIENT_KEYS", async () => {
  await early();
  const [one, other] = [await make({ tenant: "small" }), await make({ tenant: "small" })];
  const statuses = [];
  for (const { secret } of [one, other, one, other]) statuses.push((await chat(secret)).status);
  assert.deepEqual(statuses, [200, 200, 429, 429]);
  const refused = await chat(one.secret);
  assert.match(refused.body.detail, /The tenant's limit `requestsPerMinute` of 2/);
});

test("T3: calls at once, and a client that leaves gives its place back", async () => {
  const { secret } = await make({ tenant: "acme", limits: { callsAtOnce: 2 } });
  await simulator.fault({ kind: "hang" }, { on: "chat", times: 2 });
  const control = new AbortController();
  const long = [0, 1].map(() => fetch(`${gateway.url}/v1/chat`, {
    method: "POST", signal: control.signal, body: JSON.stringify(request()),
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
  }).catch(() => {}));
  await simulator.wait({ chat: 2 }).catch(() => {});
  let refused;
  for (let tries = 0; tries < 100 && refused?.status !== 429; tries++) refused = await chat(secret);
  assert.equal(refused.status, 429);
  assert.match(refused.body.detail, /`callsAtOnce` of 2/);
  control.abort();
  await Promise.all(long);
  let answer;
  for (let tries = 0; tries < 200 && answer?.status !== 200; tries++) {
    if (tries) await new Promise((done) => setTimeout(done, 25));
    answer = await chat(secret);
  }
  assert.equal(answer.status, 200);
});

test("T3: what is spent is settled with what upstream says, and at 80 % the operator is told, once", async () => {
  const before = gateway.lines.length;
  const { secret, id } = await make({ tenant: "acme", limits: { costPerDay: "0.006" } });
  const costs = [];
  for (let number = 0; number < 60; number++) {
    const answer = await chat(secret, { maxTokens: 64 });
    if (answer.status !== 200) {
      assert.match(answer.body.detail, /`costPerDay` of 0\.006 USD has 0\.0\d+ USD left/);
      break;
    }
    costs.push(answer.body.usage.prompt_tokens + answer.body.usage.completion_tokens);
  }
  // 0.000002 a token: what is known of no model.
  const spent = costs.reduce((sum, tokens) => sum + tokens * 0.000002, 0);
  assert.ok(spent > 0.006 * 0.8 && spent <= 0.006 + 1e-9, `${spent} after ${costs.length} calls`);
  const told = () => gateway.lines.slice(before).filter((line) => line.includes('"event":"limit.')).map((line) => JSON.parse(line)).filter(({ key_id }) => key_id === id);
  for (let tries = 0; tries < 100 && told().length < 2; tries++) await new Promise((done) => setTimeout(done, 20));
  assert.deepEqual(told().map(({ event, limit, tenant }) => [event, limit, tenant]), [["limit.near", "costPerDay", "acme"], ["limit.reached", "costPerDay", "acme"]]);
  // Those of the calls come, too.
  let hooks = [];
  for (let count = 2; hooks.length < 2; count++) {
    await simulator.wait({ webhook: count });
    hooks = (await simulator.webhooks()).filter(({ body }) => /^limit\./.test(body.event));
  }
  assert.deepEqual(hooks.map(({ body }) => body.event).sort(), ["limit.near", "limit.reached"]);
});

test("T3: 256 clients of four tenants under limits: the books balance", async () => {
  const limits = { t1: { requestsPerMinute: 40 }, t2: { tokensPerMinute: 3_000 }, t3: { callsAtOnce: 6 }, t4: { costPerDay: "0.006" } };
  await simulator.reset();
  // Raw workerd, as it is served.
  const workerd = await startWorkerd({
    CLIENT_KEYS: `platform:${digest(ADMIN)}:admin`, TENANT_LIMITS: JSON.stringify(limits), MAX_LATENCY_MS: "60000", // no fallback where the machine is busy
    UPSTREAM_CLIENT_ID: "dev-client", UPSTREAM_CLIENT_SECRET: "dev-secret", UPSTREAM_API_URL: simulator.url, UPSTREAM_LOGIN_URL: simulator.url,
  });
  try {
    await crowd(workerd.url, limits, Number(process.env.SECONDS ?? 4));
  } finally {
    await workerd.stop();
  }
});

/** Four tenants' clients call for some seconds, and then all books are compared. */
async function crowd(url, limits, seconds) {
  const raw = async (key, method, path, body) => {
    const response = await fetch(url + path, {
      method, body: body && JSON.stringify(body),
      headers: { authorization: `Bearer ${key}`, accept: "application/json", ...(body && { "content-type": "application/json" }) },
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: /json$/.test(response.headers.get("content-type") ?? "") ? JSON.parse(text) : undefined };
  };
  const tenants = Object.keys(limits), keys = {};
  for (const tenant of tenants) {
    keys[tenant] = [];
    for (const name of ["one", "two"]) keys[tenant].push((await raw(ADMIN, "POST", "/v1/keys", { name, tenant })).body.secret);
  }
  await early();
  const began = Date.now();
  const books = Object.fromEntries(tenants.map((tenant) => [tenant, { done: 0, refused: 0, tokens: 0, other: []}]));
  const call = async (tenant, secret) => {
    const book = books[tenant];
    const answer = await raw(secret, "POST", "/v1/chat", request({ modelId: `model-${tenant}`, maxTokens: 64 }));
    if (answer.status === 200) {
      book.done++;
      book.tokens += answer.body.usage.prompt_tokens + answer.body.usage.completion_tokens;
    } else if (answer.status === 429) book.refused++;
    else book.other.push(`${answer.status} ${answer.text.slice(0, 200)}`);
    return answer;
  };
  const client = async (number) => {
    const tenant = tenants[number % 4], secret = keys[tenant][number >> 2 & 1];
    while (Date.now() - began < seconds * 1_000) {
      // A client that is refused waits a little, as clients do.
      if ((await call(tenant, secret)).status === 429) await new Promise((done) => setTimeout(done, 100));
    }
  };
  await Promise.all(Array.from({ length: 256 }, (_, number) => client(number)));
  const minutes = Math.floor(Date.now() / 60_000) - Math.floor(began / 60_000) + 1;
  const { t1, t2, t4 } = books;
  assert.ok(t1.done <= 40 * minutes && t1.done >= 40, JSON.stringify(t1));
  assert.ok(t2.tokens <= 3_000 * minutes, JSON.stringify(t2));
  assert.ok(t4.tokens * 0.000002 <= 0.006 + 1e-9, JSON.stringify(t4));
  for (const [tenant, book] of Object.entries(books)) {
    assert.deepEqual(book.other.slice(0, 3), [], tenant);
    assert.ok(book.done > 0 && book.refused > 0, `${tenant} ${JSON.stringify(book)}`);
  }
  console.log(tenants.map((tenant) => `${tenant} ${JSON.stringify(limits[tenant])}: ${books[tenant].done} done, ${books[tenant].refused} refused, ${books[tenant].tokens} tokens`).join("\n"));
  // What the limits' own books have left in a minute whose whole use is known.
  const last = minutes === 1 ? await call("t2", keys.t2[0]) : undefined;
  if (last && Math.floor(Date.now() / 60_000) === Math.floor(began / 60_000)) {
    const left = Number((await raw(keys.t2[0], "GET", "/v1/whoami")).headers.get("x-ratelimit-remaining-tokens"));
    assert.equal(left, 3_000 - t2.tokens, "limits");
  }
  const interval = { dateFrom: new Date(Date.now() - 864e5).toISOString(), dateTo: new Date(Date.now() + 864e5).toISOString() };
  const usage = (await raw(ADMIN, "POST", "/v1/usage/query", { ...interval, groupBy: ["modelId"], metrics: ["requestCount", "totalTokens"] })).body.entities;
  const metrics = (await raw(ADMIN, "GET", "/v1/metrics")).text;
  const sum = (pattern) => [...metrics.matchAll(pattern)].reduce((all, [, value]) => all + Number(value), 0);
  const rows = (await (await fetch(`${url}/v1/audit`, { headers: { authorization: `Bearer ${ADMIN}` } })).text()).split("\n").filter(Boolean).map((line) => JSON.parse(line).row).filter(Boolean);
  const { points } = (await raw(ADMIN, "GET", "/v1/stats?step=hour&by=tenant,route,model,code")).body;
  for (const [tenant, book] of Object.entries(books)) {
    const upstream = usage.find(({ group }) => group.modelId === `model-${tenant}`).metrics;
    assert.deepEqual([upstream.requestCount, upstream.totalTokens], [book.done, book.tokens], `${tenant}: simulator and clients`);
    assert.equal(sum(new RegExp(`^promptgate_tokens_total\\{tenant="${tenant}",.*\\} (\\d+)$`, "gm")), book.tokens, `${tenant}: metrics`);
    assert.equal(sum(new RegExp(`^promptgate_requests_total\\{route="/v1/chat",tenant="${tenant}",outcome="success",code=""\\} (\\d+)$`, "gm")), book.done);
    const own = rows.filter((row) => row.tenant === tenant && row.action === "chat.complete" && row.outcome === "success");
    assert.equal(own.length, book.done, `${tenant}: audit rows`);
    assert.equal(own.reduce((all, row) => all + row.tokens.total, 0), book.tokens, `${tenant}: audit tokens`);
    const cost = own.reduce((all, row) => all + Number(row.cost_usd), 0);
    const counted = sum(new RegExp(`^promptgate_cost_usd_total\\{tenant="${tenant}",.*\\} ([\\d.]+)$`, "gm"));
    assert.ok(Math.abs(cost - counted) < 1e-6, `${tenant}: ${cost} ${counted}`);
    assert.ok(Math.abs(cost - book.tokens * 0.000002) < 1e-6, `${tenant}: ${cost} for ${book.tokens} tokens`);
    const series = points.filter((point) => point.tenant === tenant && point.route === "/v1/chat");
    const told = (code, name) => series.filter((point) => point.code === code).reduce((all, point) => all + Number(point[name]), 0);
    assert.deepEqual([told("", "requests"), told("", "prompt_tokens") + told("", "completion_tokens")], [book.done, book.tokens], `${tenant}: stats`);
    assert.equal(told("limit_reached", "requests"), book.refused, `${tenant}: stats of what was refused`);
    assert.equal(sum(new RegExp(`^promptgate_requests_total\\{route="/v1/chat",tenant="${tenant}",outcome="error",code="limit_reached"\\} (\\d+)$`, "gm")), book.refused, `${tenant}: metrics of what was refused`);
    // Of many refusals there are some rows, and when their minute is over one row with the number of the others.
    const refused = rows.filter((row) => row.tenant === tenant && row.code === "limit_reached").length;
    const omitted = rows.filter((row) => row.tenant === tenant && row.action === "refusals.omit").reduce((all, row) => all + Number(row.details.refusals), 0);
    assert.ok(refused > 0 && refused + omitted <= book.refused, `${tenant}: ${refused} rows and ${omitted} omitted of ${book.refused}`);
    assert.ok(Math.abs(told("", "cost_usd") - cost) < 1e-6, `${tenant}: stats' cost ${told("", "cost_usd")}, rows' ${cost}`);
  }
}
