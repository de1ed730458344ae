// Calls with an Idempotency-Key: each happens once, and can be seen again (reliability, rows 24, 26 and 27).
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { OTHER, content, events, request } from "./support/gateway.mjs";
import { JSON_, NDJSON, begin, complete, end, gateway, key, openai, own, replayed, simulator } from "./support/keyed.mjs";

test("a call is made once; its answer is read again, in every format, byte for byte, and from where it was lost", async () => {
  const headers = key();
  const first = await gateway.chat(request(), headers);
  assert.deepEqual([...end(first), replayed(first)], [200, "done", undefined, null]);
  assert.match(first.text, /^id: 1\nevent: delta\n/);
  const again = await gateway.chat(request(), { "idempotency-key": `"${headers["idempotency-key"]}"` });
  assert.deepEqual([again.status, replayed(again), again.text], [200, "true", first.text]);
  assert.notEqual(again.headers.get("x-request-id"), first.headers.get("x-request-id"));
  for (const format of [JSON_, NDJSON]) {
    const [one, two] = [await gateway.chat(request(), { ...headers, ...format }), await gateway.chat(request(), { ...headers, ...format })];
    assert.equal(one.text, two.text);
    assert.equal(content(one.events.filter(({ name }) => name !== "done" || format === JSON_)), content(first.events));
    assert.doesNotMatch(one.text, /^id:/m);
  }
  const blocks = first.text.split(/(?<=\n\n)/);
  for (const after of [1, blocks.length - 1]) {
    const rest = await gateway.chat(request(), { ...headers, "last-event-id": String(after) });
    assert.equal(rest.text, blocks.slice(after).join(""));
  }
  const nothing = await gateway.post(request(), { ...headers, "last-event-id": String(blocks.length) });
  assert.deepEqual([nothing.status, await nothing.text()], [204, ""]);
  const odd = await gateway.chat(request(), { ...headers, "last-event-id": "x" });
  assert.deepEqual([odd.status, odd.text.includes("Last-Event-ID")], [400, true]);
  const { executions, replays } = await simulator.stats();
  assert.deepEqual([executions, replays], [1, 0], "nothing else is asked of upstream");
});

test("a replay is one row of its own kind, and is neither counted nor costed again", async () => {
  const tokens = async () => (await gateway.ask("GET", "/v1/metrics")).body.split("\n")
    .filter((line) => /^promptgate_(tokens|cost_usd|upstream_requests)_?total/.test(line)).sort();
  const headers = key();
  const before = gateway.lines.length;
  const first = await gateway.chat(request(), headers);
  const counted = await tokens();
  const again = await gateway.chat(request(), headers);
  await gateway.rows(1, /^call\.replay$/);
  assert.deepEqual(await tokens(), counted);
  const rows = gateway.lines.slice(before).filter((line) => line.includes('"event":"audit"')).map((line) => JSON.parse(line))
    .filter(({ action }) => /^c(hat|all)/.test(action));
  assert.deepEqual(rows.map(({ action, outcome, attempts, tokens }) => [action, outcome, attempts, tokens !== null]),
    [["chat.complete", "success", 1, true], ["call.replay", "success", 0, false]]);
  assert.equal(rows[1].request_id, again.headers.get("x-request-id"));
  assert.equal(rows[1].details.replayed_request_id, first.headers.get("x-request-id"));
});

test("row 24: a client that leaves does not stop a call with a key", async () => {
  const headers = key();
  await simulator.fault({ kind: "gate", after_frames: 30 });
  const first = await begin(gateway, headers);
  first.outgoing.socket.resetAndDestroy();
  await simulator.openGate();
  const again = await gateway.chat(request(), headers);
  assert.deepEqual([...end(again), replayed(again)], [200, "done", undefined, "true"]);
  assert.ok(again.text.startsWith(first.text()), "what it has read is the beginning of what is kept");
  const { executions, aborted, completed } = await simulator.stats();
  assert.deepEqual([executions, aborted, completed], [1, 0, 1]);
});

test("row 26: the same POST fifty times at once is one call", async () => {
  const headers = key();
  const all = await Promise.all(Array.from({ length: 50 }, () => gateway.chat(request(), headers)));
  assert.deepEqual(new Set(all.map(({ status }) => status)), new Set([200]));
  assert.equal(new Set(all.map(({ text }) => text)).size, 1);
  assert.equal(all.filter((answer) => replayed(answer) === null).length, 1);
  const { executions } = await simulator.stats();
  assert.equal(executions, 1);
});

test("T1, row 27: another body is refused, another tenant has keys of its own", async () => {
  const headers = key();
  await gateway.chat(request(), headers);
  const other = await gateway.chat(request({ maxTokens: 9 }), headers);
  assert.deepEqual([other.status, JSON.parse(other.text).code], [422, "idempotency_key_reused"]);
  const spaced = JSON.stringify(request(), null, 2);
  assert.equal(replayed(await gateway.chat(spaced, headers)), "true", "the same document, written otherwise");
  const tenant = await gateway.chat(request(), { ...headers, authorization: `Bearer ${OTHER}` });
  assert.deepEqual([tenant.status, replayed(tenant)], [200, null]);
  assert.equal((await simulator.stats()).executions, 2);
});

test("running: several attach, each at its own pace; a whole answer waits", async () => {
  const headers = key();
  await simulator.fault({ kind: "gate", after_frames: 30 });
  const first = await begin(gateway, headers);
  const second = await begin(gateway, headers);
  assert.equal(second.response.headers["idempotency-replayed"], "true");
  const whole = gateway.chat(request(), { ...headers, ...JSON_ });
  const other = await gateway.chat(request({ maxTokens: 9 }), headers);
  assert.deepEqual([other.status, JSON.parse(other.text).code], [422, "idempotency_key_reused"]);
  const third = await begin(gateway, { ...headers, "last-event-id": "1" });
  assert.match(third.text(), /^id: 2\n/);
  await simulator.openGate();
  const [one, two, three] = await Promise.all([first.rest, second.rest, third.rest]);
  assert.deepEqual([two, one.slice(one.indexOf("id: 2\n"))], [one, three]);
  const answer = await whole;
  assert.deepEqual([answer.status, replayed(answer)], [200, "true"]);
  assert.equal(answer.events[0].data.content, content(events(one, new Headers({ "content-type": "text/event-stream" }))));
  assert.equal((await simulator.stats()).executions, 1);
});

test("a whole answer that does not come by its request's deadline is 409 with Retry-After", async () => {
  const MODELS = JSON.stringify([{ name: "*", targets: [{ upstream: "genesys", model: "support-small" }], totalMs: 20_000, firstContentMs: 20_000, idleMs: 20_000 }]);
  await own({ MODELS, TOTAL_MS: "700" }, async (here) => {
    const headers = key();
    await simulator.fault({ kind: "gate", after_frames: 30 });
    const first = await begin(here, headers);
    const late = await here.chat(request(), { ...headers, ...JSON_ });
    assert.deepEqual([late.status, JSON.parse(late.text).code, JSON.parse(late.text).retryable, late.headers.get("retry-after")],
      [409, "call_running", true, "5"]);
    await simulator.openGate();
    assert.match(await first.rest, /event: done/, "whoever made the call has the call's time");
    assert.equal((await here.chat(request(), { ...headers, ...JSON_ })).status, 200);
  });
});

test("what was not executed does not take the key", async () => {
  const headers = key();
  const card = request({ context: [{ role: "user", content: "My card is 4111 1111 1111 1111" }] });
  assert.equal((await gateway.chat(card, headers)).status, 422);
  await simulator.fault({ kind: "status", status: 429, retry_after: "21600" });
  assert.equal((await gateway.chat(request(), headers)).status, 429);
  const answer = await gateway.chat(request(), headers);
  assert.deepEqual([...end(answer), replayed(answer)], [200, "done", undefined, null]);
  assert.equal((await simulator.stats()).executions, 1);
});

test("a call that failed after it was sent stays failed", async () => {
  await own(openai(), async (here) => {
    const headers = key();
    await simulator.fault({ kind: "reset_before_headers", execute: true }, { on: "openai_chat" });
    const first = await complete(here, headers);
    const again = await complete(here, headers);
    assert.deepEqual([again.status, again.text, replayed(again)], [first.status, first.text, "true"]);
    assert.equal(first.status, 503);
    assert.equal((await simulator.stats()).requests.openai_chat, 1);
  });
});

test("the OpenAI front: streamed or whole, without ids, the same call", async () => {
  await own(openai(), async (here) => {
    const headers = key();
    const streamed = await complete(here, headers, { stream: true, stream_options: { include_usage: true } });
    assert.match(streamed.text, /data: \[DONE\]\n\n$/);
    assert.doesNotMatch(streamed.text, /^(id|event|retry):/m);
    assert.equal((await complete(here, headers, { stream: true, stream_options: { include_usage: true } })).text, streamed.text);
    const whole = await complete(here, headers);
    const chunks = streamed.text.split("\n\n").filter((block) => block.startsWith("data: {")).map((block) => JSON.parse(block.slice(6)));
    assert.equal(JSON.parse(whole.text).choices[0].message.content, chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join(""));
    assert.equal(JSON.parse(whole.text).id, chunks[0].id);
    assert.deepEqual(JSON.parse(whole.text).usage, chunks.at(-1).usage);
    const other = await complete(here, headers, { temperature: 1 });
    assert.deepEqual([other.status, other.headers.get("x-should-retry"), JSON.parse(other.text).error.code], [422, "false", "idempotency_key_reused"]);
    assert.equal((await simulator.stats()).requests.openai_chat, 1);
  });
});
