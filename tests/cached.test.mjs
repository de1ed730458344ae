// Cached templates at the edge: rows A1–A6 of the requirements, rows 34 and 35 of the fault matrix.
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { startGateway } from "./support/gateway.mjs";
import { cached, gateway, publish, simulator } from "./support/templates.mjs";

test("A1: a cached template gets what the document asks for", async () => {
  const { etag, sent, ...document } = await publish({ content: "Hello ${name}", variables: [{ name: "name" }], cacheSettings: { ttl: 86400 } });
  assert.match(document.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.match(document.name, /^cache-template-\d{13}$/);
  assert.deepEqual(document.variables, [{ name: "name", value: "", required: true, type: "string" }]);
  assert.deepEqual(document.cacheSettings, { enabled: true, ttl: 86400, invalidationStrategy: "on_update" });
  assert.equal(document.metadata.version, "1.0");
  assert.ok(Date.parse(document.metadata.created_at) > 0 && etag);
  assert.equal(sent, String(JSON.stringify(document).length), "how large it is");
});

test("A3, A5: publish, read from the edge, 304, invalidate", async () => {
  const { id, etag } = await publish();
  const [put] = (await simulator.requests()).filter(({ method }) => method === "PUT");
  assert.equal(put.headers["x-cache-control"], "max-age=0");
  assert.equal(put.headers["if-none-match"], "*");
  const first = await gateway.ask("GET", `/v1/cache/templates/${id}`);
  assert.equal(first.headers.get("etag"), etag);
  assert.equal(first.headers.get("x-cache"), "HIT");
  assert.match(first.headers.get("age"), /^\d+$/);
  const same = await gateway.ask("GET", `/v1/cache/templates/${id}`, undefined, { "if-none-match": etag });
  assert.deepEqual([same.status, same.body], [304, ""]);
  const gone = await gateway.ask("DELETE", `/v1/cache/templates/${id}`);
  assert.equal(gone.status, 204);
  const again = await gateway.ask("GET", `/v1/cache/templates/${id}`);
  assert.deepEqual([again.status, again.headers.get("x-cache"), again.headers.get("etag")], [200, "MISS", etag]);
  const updated = await gateway.ask("PUT", `/v1/cache/templates/${id}`, cached({ description: "better" }), { "if-match": etag });
  assert.equal(updated.status, 200);
  assert.ok(updated.headers.get("x-cdn-propagation-id"));
  assert.equal(updated.headers.get("location"), `/v1/cache/templates/${id}`);
  assert.notEqual(updated.headers.get("etag"), etag);
});

test("A4: preconditions: none is 428, one that cannot be read 400, a stale one 412 with the current tag and what to do", async () => {
  const { id, etag } = await publish();
  const none = await gateway.ask("PUT", `/v1/cache/templates/${id}`, cached());
  assert.deepEqual([none.status, none.body.code, none.headers.get("etag")], [428, "precondition_required", etag]);
  for (const tag of ['"', '"other', "version = 3", 'version="3']) {
    const odd = await gateway.ask("PUT", `/v1/cache/templates/${id}`, cached(), { "if-match": tag });
    assert.deepEqual([odd.status, odd.body.errors?.[0].code], [400, "malformed_if_match"], tag);
  }
  for (const tag of ['"other"', `W/${etag}`]) {
    const stale = await gateway.ask("PUT", `/v1/cache/templates/${id}`, cached(), { "if-match": tag });
    assert.deepEqual([stale.status, stale.headers.get("etag")], [412, etag], tag);
    assert.match(stale.body.detail, /Read it again .* If-Match/);
  }
  const exists = await gateway.ask("PUT", `/v1/cache/templates/${id}`, cached(), { "if-none-match": "*" });
  assert.deepEqual([exists.status, exists.headers.get("etag")], [412, etag]);
  const forced = await gateway.ask("PUT", `/v1/cache/templates/${id}`, cached(), { "if-match": "*" });
  assert.equal(forced.status, 200);
});

test("A4: another writer's change is merged where it is disjoint, else 412 names the place", async () => {
  const { id, etag } = await publish();
  await simulator.otherWriter("template_put", { description: "theirs" });
  const merged = await gateway.ask("PUT", `/v1/cache/templates/${id}`, cached({ name: "ours" }), { "if-match": etag });
  assert.equal(merged.status, 200, JSON.stringify(merged.body));
  assert.equal(merged.headers.get("x-merged"), "true");
  assert.deepEqual([merged.body.name, merged.body.description], ["ours", "theirs"]);
  await simulator.otherWriter("template_put", { name: "theirs too" });
  const conflict = await gateway.ask("PUT", `/v1/cache/templates/${id}`, cached({ name: "ours again", description: "theirs" }), {
    "if-match": merged.headers.get("etag"),
  });
  assert.equal(conflict.status, 412);
  assert.deepEqual(conflict.body.errors.map(({ path, code }) => [path, code]), [["$.name", "merge_conflict"]]);
  assert.ok(conflict.headers.get("etag"));
  const now = await gateway.ask("GET", `/v1/cache/templates/${id}`, undefined, { "cache-control": "no-cache" });
  assert.equal(now.body.name, "theirs too", "nothing of theirs was lost");
});

test("A4: three merges and no more; 429 is waited for; a broken answer is found out", async () => {
  const { id, etag } = await publish();
  await simulator.otherWriter("template_put", {}, 9);
  const lost = await gateway.ask("PUT", `/v1/cache/templates/${id}`, cached({ name: "ours" }), { "if-match": etag });
  assert.equal(lost.status, 412);
  assert.equal((await simulator.requests()).filter(({ method }) => method === "PUT").length, 1 + 4);
  await simulator.reset();
  const fresh = await publish();
  await simulator.fault({ kind: "status", status: 429, retry_after: "0" }, { on: "template_put" });
  const paced = await gateway.ask("PUT", `/v1/cache/templates/${fresh.id}`, cached({ name: "paced" }), { "if-match": fresh.etag });
  assert.equal(paced.status, 200);
  await simulator.fault({ kind: "status", status: 401 }, { on: "template_put" });
  const renewed = await gateway.ask("PUT", `/v1/cache/templates/${fresh.id}`, cached({ name: "renewed" }), { "if-match": paced.headers.get("etag") });
  assert.equal(renewed.status, 200, "U2: one refresh, one replay");
});

test("a write whose answer is lost is written once, and is a success", async () => {
  const { id, etag } = await publish();
  const before = (await simulator.stats()).template_writes;
  await simulator.fault({ kind: "reset_before_headers", execute: true }, { on: "template_put" });
  const answer = await gateway.ask("PUT", `/v1/cache/templates/${id}`, cached({ name: "lost" }), { "if-match": etag });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  assert.equal(answer.body.name, "lost");
  assert.equal((await simulator.stats()).template_writes, before + 1);
});

test("A5, row 34: KV stale, reordered or lost costs a refetch, never an update", async () => {
  const { id, etag } = await publish();
  const copies = await gateway.copies();
  const key = `template:cached:${id}`;
  const old = await copies.get(key);
  const second = await gateway.ask("PUT", `/v1/cache/templates/${id}`, cached({ name: "second" }), { "if-match": etag });
  assert.equal(second.status, 200);
  // The old copy is written over the new one.
  await copies.put(key, old);
  const stale = await gateway.ask("GET", `/v1/cache/templates/${id}`);
  assert.deepEqual([stale.headers.get("etag"), stale.headers.get("x-cache")], [etag, "HIT"]);
  const refused = await gateway.ask("PUT", `/v1/cache/templates/${id}`, cached({ name: "third" }), { "if-match": etag });
  assert.deepEqual([refused.status, refused.headers.get("etag")], [412, second.headers.get("etag")]);
  // The refusal has fixed the copy.
  const mended = await gateway.ask("GET", `/v1/cache/templates/${id}`);
  assert.equal(mended.headers.get("etag"), second.headers.get("etag"));
  // Lost, and unreadable.
  for (const spoil of [() => copies.delete(key), () => copies.put(key, "{"), () => copies.put(key, "[]")]) {
    await spoil();
    const read = await gateway.ask("GET", `/v1/cache/templates/${id}`);
    assert.deepEqual([read.status, read.body.name, read.headers.get("x-cache")], [200, "second", "MISS"]);
  }
  const third = await gateway.ask("PUT", `/v1/cache/templates/${id}`, cached({ name: "third" }), { "if-match": second.headers.get("etag") });
  assert.equal(third.status, 200);
  assert.equal((await simulator.stats()).template_writes, 3);
});

test("a cold edge reads upstream once, however many ask", async () => {
  const id = "0198c0de-1234-4abc-8def-0123456789ab";
  await simulator.put("templates", [{ id, name: "cold", content: "Hello", variables: [], cacheSettings: { ttl: 60 } }]);
  const answers = await Promise.all(Array.from({ length: 20 }, () => gateway.ask("GET", `/v1/cache/templates/${id}`)));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  assert.equal((await simulator.requests()).filter(({ method, path }) => method === "GET" && path.endsWith(id)).length, 1);
  const none = await gateway.ask("GET", "/v1/cache/templates/0198c0de-0000-4abc-8def-0123456789ab");
  assert.deepEqual([none.status, none.body.code], [404, "not_found"]);
});

test("row 35: of two writes with one tag exactly one passes", async () => {
  const { id, etag } = await publish();
  const answers = await Promise.all(["one", "two"].map((name) =>
    gateway.ask("PUT", `/v1/cache/templates/${id}`, cached({ name }), { "if-match": etag })));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 412]);
});

test("N writers interleaved: one success per tag, and the end is that of some serial order", async (t) => {
  const seed = Number(process.env.SEED ?? randomInt(2 ** 31));
  t.diagnostic(`SEED=${seed}`);
  let state = seed;
  const random = (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const { id, etag } = await publish();
  const tags = [etag];
  const won = [];
  const writer = async (name) => {
    for (let turn = 0; turn < 4; turn++) {
      // Some writers are slow: they use a tag that they have read long ago.
      const tag = tags[Math.max(0, tags.length - 1 - random(2))];
      for (let pause = random(3); pause > 0; pause--) await new Promise((resolve) => setImmediate(resolve));
      const document = cached({ description: `${name}.${turn}` });
      const { status, headers } = await gateway.ask("PUT", `/v1/cache/templates/${id}`, document, { "if-match": tag });
      assert.ok(status === 200 || status === 412, `${status}`);
      if (status === 200) {
        won.push({ from: tag, to: headers.get("etag"), description: document.description });
        tags.push(headers.get("etag"));
      }
    }
  };
  await Promise.all(["a", "b", "c", "d", "e", "f"].map(writer));
  assert.equal(new Set(won.map(({ from }) => from)).size, won.length, "one success for each tag");
  // The chain of tags is the serial order.
  let at = etag, last;
  for (let step; (step = won.find(({ from }) => from === at)); at = step.to) last = step;
  const { body, headers } = await gateway.ask("GET", `/v1/cache/templates/${id}`, undefined, { "cache-control": "no-cache" });
  assert.deepEqual([headers.get("etag"), body.description], [at, last?.description]);
  assert.equal((await simulator.stats()).template_writes, 1 + won.length);
});

test("what is stored survives a restart", async () => {
  const { mkdtempSync, rmSync } = await import("node:fs");
  const { tmpdir } = await import("node:os");
  const persist = mkdtempSync(`${tmpdir()}/promptgate-`);
  const first = await startGateway(simulator, {}, { persist });
  const created = await first.ask("POST", "/v1/cache/templates", cached());
  // What is counted is stored within a quarter of a second, or when it is asked for.
  await first.ask("GET", "/v1/metrics");
  await first.stop();
  const asked = (await simulator.requests()).length;
  const second = await startGateway(simulator, {}, { persist });
  const read = await second.ask("GET", `/v1/cache/templates/${created.body.id}`);
  assert.deepEqual([read.status, read.headers.get("etag")], [200, created.headers.get("etag")]);
  assert.equal((await simulator.requests()).length, asked, "upstream was not asked");
  const metrics = await second.ask("GET", "/v1/metrics");
  assert.match(metrics.body, /route="\/v1\/cache\/templates",[^}]*outcome="success"[^}]*\} 1/);
  await second.stop();
  rmSync(persist, { recursive: true, force: true });
});
