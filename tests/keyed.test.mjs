// Calls with an Idempotency-Key: each happens once, and can be seen again (reliability, rows 24 and 26–33). Real workerd,
// objects on disk, processes ended by SIGKILL.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { PRLIMIT, startOnDisk } from "./support/disk.mjs";
import { AUDITOR, KEY, OTHER, content, digest, events, request, startGateway } from "./support/gateway.mjs";
import { startSimulator } from "./support/simulator.mjs";

const ring = (...names) => names.map((name) => `${name}:${randomBytes(32).toString("base64")}`).join(",");
const SEAL_KEYS = ring("now");
let simulator, gateway;
before(async () => {
  simulator = await startSimulator();
  gateway = await startGateway(simulator, { SEAL_KEYS });
});
beforeEach(() => simulator.reset());
after(async () => {
  await gateway?.stop();
  await simulator?.stop();
});

let last = 0;
const key = () => ({ "idempotency-key": `order-${++last}` });
const JSON_ = { accept: "application/json" };
const NDJSON = { accept: "application/x-ndjson" };
const replayed = ({ headers }) => headers.get("idempotency-replayed");
const end = ({ status, events }) => [status, events.at(-1)?.name, events.at(-1)?.data.code];
/** Does `work` with a gateway of its own, whose objects are in a folder: `work(here, again)`; `again(vars)` starts it anew. */
async function own(vars, work) {
  const persist = mkdtempSync(join(tmpdir(), "promptgate-keyed-"));
  const all = { SEAL_KEYS, ...vars };
  let here = await startGateway(simulator, all, { persist });
  try {
    await work(here, async (change = {}) => (here = await startGateway(simulator, { ...all, ...change }, { persist })), persist);
  } finally {
    await here.stop().catch(() => {});
    rmSync(persist, { recursive: true, force: true });
  }
}
/** A stream that has begun: `{ response, text(), rest }`. */
async function begin(here, headers, body = request(), path = "/v1/chat") {
  const outgoing = await here.open(body, headers, undefined, path);
  const [response] = await once(outgoing, "response");
  response.setEncoding("utf8");
  let text = "";
  const first = once(response, "data");
  response.on("data", (chunk) => { text += chunk; });
  response.on("error", () => {});
  await first;
  return { outgoing, response, text: () => text, rest: once(response, "end").then(() => text, () => text) };
}
/** Waits until the simulator has been asked at this endpoint. */
async function asked(endpoint) {
  for (const limit = AbortSignal.timeout(10_000); !(await simulator.stats()).requests[endpoint];) {
    limit.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
/** An upstream that takes no key for what it is. */
const openai = () => ({
  UPSTREAMS: JSON.stringify([{ name: "openai", wire: "openai", url: `${simulator.url}/v1`, credential: { secret: "OPENAI_API_KEY" } }]),
  MODELS: JSON.stringify([{ name: "*", targets: [{ upstream: "openai", model: "support-small" }] }]),
  OPENAI_API_KEY: "dev-key", UPSTREAM_CLIENT_ID: null, UPSTREAM_CLIENT_SECRET: null,
});
const completion = (changes = {}) => ({ model: "support-small", messages: [{ role: "user", content: "Where is my parcel?" }], ...changes });
const OPENAI = "/openai/v1/chat/completions";
async function complete(here, headers, changes) {
  const response = await fetch(here.url + OPENAI, {
    method: "POST", headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json", ...headers },
    body: JSON.stringify(completion(changes)),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

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

test("row 28: killed before anything is sent, the call is made by the next request", async () => {
  await own({}, async (here, again) => {
    const headers = key();
    await simulator.fault({ kind: "hang" }, { on: "token" });
    const lost = here.chat(request(), headers).catch(() => "lost");
    await asked("token");
    await here.kill();
    assert.equal(await lost, "lost");
    here = await again();
    const answer = await here.chat(request(), headers);
    assert.deepEqual([...end(answer), replayed(answer)], [200, "done", undefined, null]);
    assert.equal((await simulator.stats()).executions, 1);
  });
});

test("row 29: killed in mid-stream, an upstream without keys is never asked again; the prefix stays, and the row is found", async () => {
  await own(openai(), async (here, again) => {
    const headers = key();
    await simulator.fault({ kind: "gate", after_frames: 30 }, { on: "openai_chat" });
    const first = await begin(here, headers, completion({ stream: true }), OPENAI);
    await here.kill();
    await first.rest;
    here = await again();
    // Nobody asks: the object's alarm finds it.
    const [row] = await here.rows(1);
    assert.deepEqual([row.action, row.outcome, row.code, row.attempts, row.cost_usd], ["chat.complete", "unknown", "outcome_unknown", 1, null]);
    await simulator.openGate();
    const streamed = await complete(here, headers, { stream: true });
    assert.ok(streamed.text.startsWith(first.text()), "seen and not stored");
    assert.match(streamed.text, /data: \{"error":\{[^\n]*outcome_unknown[^\n]*\n\n$/);
    const whole = await complete(here, headers);
    assert.deepEqual([whole.status, whole.headers.get("x-should-retry")], [502, "false"]);
    assert.equal((await simulator.stats()).requests.openai_chat, 1);
    assert.equal(here.lines.filter((line) => line.includes('"action":"chat.complete"') && line.includes('"outcome":"unknown"')).length, 1);
    // The log has the row, and verifies.
    const { lines } = await here.audit();
    assert.ok(lines.some((line) => JSON.stringify(line).includes("outcome_unknown")));
  });
});

test("row 29: killed in mid-stream, an upstream that honours keys is asked again with the same key, and the call heals", async () => {
  await own({}, async (here, again) => {
    const headers = key();
    await simulator.fault({ kind: "gate", after_frames: 30 });
    const first = await begin(here, headers);
    await here.kill();
    await first.rest;
    await simulator.openGate();
    here = await again();
    const healed = await here.chat(request(), headers);
    assert.deepEqual(end(healed), [200, "done", undefined]);
    const { executions, max_executions_per_key: most } = await simulator.stats();
    assert.deepEqual([executions, most], [1, 1]);
    assert.match(healed.text, /^id: 1-1\n/, "it is another writing of the answer");
    const stale = await here.chat(request(), { ...headers, "last-event-id": "3" });
    assert.equal(stale.status, 412);
    assert.equal((await here.chat(request(), headers)).text, healed.text);
  });
});

for (const frames of [0, 1]) {
  test(`row 29: killed after dispatch, with ${frames} frames: no second dispatch`, async () => {
    await own(openai(), async (here, again) => {
      const headers = key();
      await simulator.fault(frames ? { kind: "stall", after_frames: 1 } : { kind: "hang", execute: true }, { on: "openai_chat" });
      const lost = complete(here, headers, { stream: true }).catch(() => "lost");
      await asked("openai_chat");
      await here.kill();
      await lost;
      here = await again();
      const answer = await complete(here, headers, { stream: true });
      assert.match(answer.text, /outcome_unknown/);
      assert.equal((await simulator.stats()).requests.openai_chat, 1);
      assert.equal((await here.rows(1)).filter(({ outcome }) => outcome === "unknown").length, 1);
    });
  });
}

test("rows 30, 32, 33: killed after the last byte, the answer is read from the disk; nothing is sent again", async () => {
  await own({}, async (here, again) => {
    const headers = key();
    const first = await here.chat(request(), headers);
    await here.rows(1);
    await here.kill();
    for (let restart = 0; restart < 2; restart++) {
      here = await again();
      const answer = await here.chat(request(), headers);
      assert.deepEqual([answer.text, replayed(answer)], [first.text, "true"]);
      await here.kill();
    }
    assert.equal((await simulator.stats()).executions, 1);
  });
});

if (!PRLIMIT) console.log("\u001b[1;33mSKIPPED\u001b[0m the full disk: there is no prlimit here");
test("row 31: on a full disk nothing is sent that is not stored, nobody is asked again, and the key says so", { skip: !PRLIMIT && "there is no prlimit here" }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "promptgate-full-"));
  const { UPSTREAM_CLIENT_ID, UPSTREAM_CLIENT_SECRET, ...vars } = openai();
  const settings = { SEAL_KEYS, CLIENT_KEYS: `acme:${digest(KEY)} acme:${digest(AUDITOR)}:audit`, ...vars };
  const headers = (key) => ({ authorization: `Bearer ${KEY}`, "content-type": "application/json", ...key });
  const ask = (here, key) => fetch(here.url + OPENAI, { method: "POST", headers: headers(key), body: JSON.stringify(completion({ stream: true })) });
  const told = (text) => text.split("\n").filter((line) => line.startsWith("data: {")).map((line) => JSON.parse(line.slice(6)));
  const said = (text) => told(text).map(({ choices }) => choices?.[0]?.delta.content ?? "").join("");
  let here = await startOnDisk(folder, settings);
  try {
    // In mid-stream.
    const running = key();
    await simulator.fault({ kind: "gate", after_frames: 30 }, { on: "openai_chat" });
    const response = await ask(here, running);
    assert.equal(response.status, 200, here.said());
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = (await reader.read()).value, ended = "in order";
    here.fill();
    await simulator.openGate();
    for (;;) {
      const { done, value } = await reader.read().catch(() => ({ done: (ended = "by a reset") }));
      if (done) break;
      text += value;
    }
    const saw = said(text);
    assert.ok(saw.length > 0);
    // The platform ends an object that cannot write, and with it the connection: no client takes that for an end.
    if (ended === "in order") assert.match(text, /data: \{"error":\{[^\n]*\n\n$/);
    assert.ok(!text.includes("[DONE]"));
    // Before anything is sent.
    const never = key();
    const refused = await ask(here, never);
    assert.deepEqual([refused.status, (await refused.json()).error?.code], [503, "storage_unavailable"], here.said());
    assert.equal((await simulator.stats()).requests.openai_chat, 1);
    here.empty();
    // What was seen is on the disk, also for the next process; the upstream is not asked again.
    for (const process of ["this one", "the next"]) {
      if (process === "the next") {
        await here.kill();
        here = await startOnDisk(folder, settings);
      }
      const again = await (await ask(here, running)).text();
      assert.ok(said(again).startsWith(saw), `${process}: seen and not stored`);
      assert.match(again, /data: \{"error":\{[^\n]*(outcome_unknown|storage_unavailable)[^\n]*\n\n$/, process);
    }
    assert.equal((await simulator.stats()).requests.openai_chat, 1);
    // The key that was refused is free.
    assert.match(await (await ask(here, never)).text(), /data: \[DONE\]/);
    assert.equal((await simulator.stats()).requests.openai_chat, 2);
  } finally {
    await here.kill();
    rmSync(folder, { recursive: true, force: true });
  }
});

test("what is kept is sealed; without its key it is gone, and with an older key it is not", async () => {
  const [one, two] = [ring("one"), ring("two")];
  await own({ SEAL_KEYS: one }, async (here, again, folder) => {
    const headers = key();
    const first = await here.chat(request(), headers);
    const words = content(first.events).match(/.{24}/gs);
    assert.ok(words.length > 3);
    await here.kill();
    const disk = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name)).toString("latin1"));
    const journal = disk.filter((text) => text.includes("v1:one:"));
    assert.ok(journal.length > 0, "something is kept");
    for (const text of disk) for (const word of [...words, "canary-prompt", "Where is my parcel", one.slice(4)]) assert.ok(!text.includes(word), word);
    here = await again({ SEAL_KEYS: `${two},${one}` });
    assert.equal((await here.chat(request(), headers)).text, first.text);
    const sealed = key();
    await here.chat(request(), sealed);
    await here.kill();
    here = await again({ SEAL_KEYS: two });
    const gone = await here.chat(request(), headers);
    assert.deepEqual([gone.status, JSON.parse(gone.text).code], [410, "answer_gone"]);
    assert.match(JSON.parse(gone.text).detail, /`one`/);
    assert.equal(replayed(await here.chat(request(), sealed)), "true");
    assert.equal((await simulator.stats()).executions, 2);
  });
});

test("without SEAL_KEYS nothing of an answer is on the disk, and a call happens once all the same", async () => {
  await own({ SEAL_KEYS: null }, async (here, again) => {
    const headers = key();
    const first = await here.chat(request(), headers);
    assert.equal((await here.chat(request(), headers)).text, first.text, "as long as the object lives");
    await here.kill();
    here = await again();
    const gone = await here.chat(request(), headers);
    assert.deepEqual([gone.status, JSON.parse(gone.text).code], [410, "answer_gone"]);
    assert.match(JSON.parse(gone.text).detail, /SEAL_KEYS/);
    assert.equal((await simulator.stats()).executions, 1);
  });
});

test("without the journal's object a request with a key is refused, others are not", async () => {
  const here = await startGateway(simulator, { SEAL_KEYS }, { without: "JOURNAL" });
  try {
    const answer = await here.chat(request(), key());
    assert.deepEqual([answer.status, JSON.parse(answer.text).code], [503, "storage_unavailable"]);
    assert.equal((await here.chat()).status, 200);
    assert.equal((await simulator.stats()).executions, 1);
  } finally {
    await here.stop();
  }
});

for (const [AUDIT_MODE, what] of [["strict", "told of before it is sent"], ["batched", "told of soon after"]]) {
  test(`a call without a key that dies with its process has its row: ${what} (AUDIT_MODE=${AUDIT_MODE})`, async () => {
    await own({ AUDIT_MODE, TOTAL_MS: "2000" }, async (here, again) => {
      await simulator.fault({ kind: "gate", after_frames: 30 });
      const first = await begin(here, {});
      // A batch waits a quarter of a second.
      if (AUDIT_MODE === "batched") await new Promise((resolve) => setTimeout(resolve, 1_000));
      await here.kill();
      await first.rest;
      here = await again();
      const [row] = await here.rows(1);
      assert.deepEqual([row.action, row.outcome, row.code, row.attempts, row.cost_usd, row.request_id],
        ["chat.complete", "unknown", "outcome_unknown", 1, null, first.response.headers["x-request-id"]]);
      // One that has ended has its own row alone.
      await simulator.reset();
      const done = await here.chat();
      const rows = (await here.rows(2)).filter(({ request_id }) => request_id === done.headers.get("x-request-id"));
      assert.deepEqual(rows.map(({ outcome }) => outcome), ["success"]);
    });
  });
}

test("AUDIT_MODE=strict: what cannot be told of is not sent", async () => {
  const here = await startGateway(simulator, { AUDIT_MODE: "strict", FALLBACK_TEXT: "" }, { without: "INTENTS" });
  try {
    const answer = await here.chat();
    assert.deepEqual([answer.status, JSON.parse(answer.text).code], [503, "storage_unavailable"]);
    assert.equal((await simulator.stats()).executions, 0);
  } finally {
    await here.stop();
  }
});
