// Chat end to end: real workerd, the simulator on loopback.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { startBoth } from "./support/both.mjs";
import { KEY, content, digest, events, request, startGateway } from "./support/gateway.mjs";

const EXAMPLES = new URL("../examples/requests/", import.meta.url);
const SECRET = Buffer.from("0123456789abcdef0123456789abcdef");
const { simulator, gateway } = await startBoth((simulator) => ({
  WEBHOOK_URL: `${simulator.url}/_simulator/webhook`,
  WEBHOOK_PRIVATE: "true",
  WEBHOOK_RETRY_MS: "20",
  WEBHOOK_SECRET: `whsec_${SECRET.toString("base64")}`,
  CLIENT_KEYS: `acme:${digest(KEY)} other:${digest("pg_other")}`,
}));

const FORMATS = ["text/event-stream", "application/x-ndjson", "application/json"];

test("B8: three formats carry the same answer", async () => {
  const answers = [];
  for (const accept of FORMATS) {
    const answer = await gateway.chat(request(), { accept });
    assert.equal(answer.status, 200);
    assert.ok(answer.headers.get("content-type").startsWith(accept));
    const done = answer.events.at(-1);
    assert.equal(done.name, "done");
    assert.equal(done.data.status, "success");
    assert.equal(done.data.request_id, answer.headers.get("x-request-id"));
    answers.push(content(answer.events));
  }
  assert.ok(answers[0].length > 20, answers[0]);
  assert.deepEqual(new Set(answers).size, 1);
  assert.equal((await simulator.stats()).executions, 3);
});

for (const name of readdirSync(EXAMPLES)) {
  test(`examples/requests/${name} is answered`, async () => {
    const answer = await gateway.chat(readFileSync(new URL(name, EXAMPLES), "utf8"));
    assert.equal(answer.events.at(-1).data.status, "success", answer.text);
    const counted = { "summary.json": "o200k_base" }[name] ?? "estimate";
    assert.equal(answer.events.at(-1).data.trim.counted_by, counted);
    assert.equal(answer.events.at(-1).data.guard.input.redacted, name === "redacted.json" ? 1 : 0);
  });
}

test("B4: upstream gets the payload, the key and a token, once", async () => {
  await gateway.chat();
  const chat = (await simulator.requests()).filter((seen) => seen.path.endsWith("/chat"));
  assert.equal(chat.length, 1);
  assert.deepEqual(chat[0].body, request());
  assert.match(chat[0].headers["idempotency-key"], /^llm-gw-[0-9a-f-]{36}$/);
  assert.equal(chat[0].headers.accept, "application/json");
  assert.match(chat[0].headers.authorization, /^Bearer sha256:/);
});

test("U2: one token serves many requests", async () => {
  await Promise.all(Array.from({ length: 20 }, () => gateway.chat()));
  await gateway.chat();
  const stats = await simulator.stats();
  assert.equal(stats.executions, 21);
  assert.ok(stats.tokens_issued <= 1, `${stats.tokens_issued} tokens`);
});

for (const accept of FORMATS.slice(0, 2)) {
  test(`B8: the first bytes arrive while upstream is still sending (${accept})`, async () => {
    // The guard looks ahead some seventy bytes before it lets text go.
    await simulator.fault({ kind: "gate", after_frames: 30 });
    const response = await gateway.post(request(), { accept });
    const reader = response.body.getReader();
    const first = new TextDecoder().decode((await reader.read()).value);
    assert.match(first, /"content"/);
    // Upstream holds its second frame until the gate opens, which it does only now.
    assert.equal((await simulator.stats()).held, 1);
    await simulator.openGate();
    let rest = "";
    for (let piece; !(piece = await reader.read()).done; ) rest += new TextDecoder().decode(piece.value);
    const all = events(first + rest, response.headers);
    assert.equal(all.at(-1).name, "done");
    assert.ok(all.length > 3);
  });
}

test("B2: what was trimmed is said, and only that", async () => {
  const context = [
    { role: "user", content: "x".repeat(2000) },
    { role: "system", content: "The customer is called Zoë." },
    { role: "agent", content: "y".repeat(100) },
    { role: "user", content: "Where is my parcel?" },
  ];
  const answer = await gateway.chat(request({ context }));
  assert.deepEqual(answer.events.at(-1).data.trim.dropped, [0]);
  const sent = (await simulator.requests()).find((seen) => seen.path.endsWith("/chat"));
  assert.deepEqual(sent.body.context, context.slice(1));
});

test("B7: a prompt that upstream finds too long is trimmed harder, once, with the same key", async () => {
  await simulator.fault({ kind: "status", status: 400, code: "token.limit.exceeded" });
  const context = [{ role: "agent", content: "y".repeat(500) }, { role: "user", content: "Where is my parcel?" }];
  const answer = await gateway.chat(request({ context, maxTokens: 200 }));
  assert.equal(answer.events.at(-1).data.status, "success");
  assert.deepEqual(answer.events.at(-1).data.trim.dropped, [0]);
  const sent = (await simulator.requests()).filter((seen) => seen.path.endsWith("/chat"));
  assert.deepEqual(sent.map((seen) => seen.body.context.length), [2, 1]);
  assert.equal(new Set(sent.map((seen) => seen.headers["idempotency-key"])).size, 1);
});

test("B6: audit row and signed webhook, without a word of the prompt or the answer", async () => {
  const answer = await gateway.chat();
  const [row] = await gateway.rows();
  // An earlier call's may still come.
  let hook;
  for (let count = 1; !hook; count++) {
    await simulator.wait({ webhook: count });
    hook = (await simulator.webhooks()).find(({ body }) => body.request_id === row.request_id);
  }
  const sent = (await simulator.requests()).find((seen) => seen.path.endsWith("/chat"));
  const usage = answer.events.find(({ name }) => name === "usage").data;
  const tokens = usage.prompt_tokens + usage.completion_tokens;
  assert.equal(row.request_id, answer.headers.get("x-request-id"));
  assert.equal(row.idempotency_key, sent.headers["idempotency-key"], "the key actually sent");
  assert.equal(row.tenant, "acme");
  assert.deepEqual(
    [row.model, row.outcome, row.tokens.total, row.details.system_instruction_count, row.details.context_message_count, row.attempts],
    ["support-small", "success", tokens, 1, 2, 1],
  );
  assert.equal(row.cost_usd, (tokens * 2 / 1e6).toFixed(6));
  assert.ok(Number.isInteger(row.latency_ms) && !Number.isNaN(Date.parse(row.time)));

  // The simulator keeps the body parsed; ours is written compactly, its members in order.
  const body = JSON.stringify(hook.body);
  const told = JSON.parse(body);
  assert.equal(told.event, "llm_prompt_completed");
  assert.equal(told.tokens_used, tokens);
  assert.equal(told.latency_ms, row.latency_ms);
  const id = hook.headers["webhook-id"], timestamp = hook.headers["webhook-timestamp"];
  const expected = createHmac("sha256", SECRET).update(`${id}.${timestamp}.${body}`).digest("base64");
  assert.equal(hook.headers["webhook-signature"], `v1,${expected}`);
  const everything = gateway.lines.join("\n") + body;
  for (const secret of ["canary-prompt", "Be brief", content(answer.events), KEY, "dev-secret"]) {
    assert.ok(!everything.includes(secret), secret);
  }
});

test("B6, row 37: a webhook that fails or hangs neither delays the answer nor hides, and comes again", async () => {
  await simulator.fault({ kind: "status", status: 500 }, { on: "webhook" });
  const answer = await gateway.chat();
  assert.equal(answer.events.at(-1).name, "done");
  await simulator.wait({ webhook: 1 });
  for (let tries = 0; !gateway.lines.some((line) => line.includes("webhook_failed")); tries++) {
    assert.ok(tries < 100, "the failure is a line of the log");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await simulator.wait({ webhook: 2 });
  const [first, again] = await simulator.webhooks();
  assert.equal(again.headers["webhook-id"], first.headers["webhook-id"]);
  await simulator.fault({ kind: "hang" }, { on: "webhook" });
  assert.equal((await gateway.chat()).events.at(-1).name, "done");
});

test("the client's Idempotency-Key is executed once upstream, for each tenant", async () => {
  const first = await gateway.chat(request(), { "idempotency-key": "\"order-17\"" });
  const again = await gateway.chat(request(), { "idempotency-key": "order-17" });
  assert.equal(content(again.events), content(first.events));
  await gateway.chat(request(), { "idempotency-key": "order-17", authorization: "Bearer pg_other" });
  const stats = await simulator.stats();
  assert.equal(stats.executions, 2);
  assert.equal(stats.replays, 0, "the gateway knows it");
});

test("row 24, B6: a client that leaves mid-stream aborts upstream within a second", async () => {
  await simulator.fault({ kind: "gate", after_frames: 30 });
  const outgoing = await gateway.open();
  const [response] = await once(outgoing, "response");
  await once(response, "data");
  outgoing.socket.resetAndDestroy();
  await simulator.wait({ aborted: 1 }, 1000);
  const [row] = await gateway.rows();
  assert.equal(row.outcome, "cancelled");
  const { prompt, completion } = row.tokens;
  assert.ok(prompt > 0 && completion > 0 && row.details.usage_estimated, "counted from what came");
  assert.match(row.cost_usd, /^0\.\d+$/);
});

test("row 24: and one that leaves before the first content", async () => {
  await simulator.fault({ kind: "gate", after_frames: 0 });
  const outgoing = await gateway.open();
  await simulator.wait({ held: 1 });
  outgoing.socket.resetAndDestroy();
  await simulator.wait({ aborted: 1 }, 1000);
  const [row] = await gateway.rows();
  assert.deepEqual([row.outcome, row.tokens.completion, row.details.usage_estimated], ["cancelled", 0, true]);
});

test("row 23: a client that leaves before dispatch sends nothing upstream", async () => {
  const fresh = await startGateway(simulator);
  try {
    await simulator.fault({ kind: "gate", before: "headers" }, { on: "token" });
    const before = (await simulator.stats()).executions;
    const outgoing = await fresh.open();
    await simulator.wait({ held: 1 });
    outgoing.socket.resetAndDestroy();
    const [row] = await fresh.rows();
    assert.deepEqual([row.outcome, row.attempts, row.idempotency_key], ["cancelled", 0, undefined]);
    await simulator.openGate();
    assert.equal((await simulator.stats()).executions, before);
    assert.equal((await simulator.requests()).filter((seen) => seen.path.endsWith("/chat")).length, 0);
  } finally {
    await fresh.stop();
  }
});

/** Words of letters that are all different, in so many pieces as a fast answer has frames. */
const long = { content: Array.from({ length: 3_000 }, (_, at) => String(at).replaceAll(/\d/g, (digit) => "abcdefghij"[digit])).join(" "), piece: 8 };

test("row 25: a fast answer of a thousand frames is whole and in its order, beside others", async () => {
  await simulator.fault({ kind: "answer", ...long }, { times: 8 });
  const answers = await Promise.all(Array.from({ length: 8 }, () => gateway.chat()));
  for (const answer of answers) {
    assert.equal(answer.events.at(-1).name, "done");
    assert.equal(content(answer.events), long.content);
  }
});

test("row 25: what has come of a fast answer goes out while upstream stalls, and the rest after it", async () => {
  await simulator.fault([{ kind: "answer", ...long }, { kind: "gate", after_frames: 1_000 }]);
  const outgoing = await gateway.open();
  const [response] = await once(outgoing, "response");
  let text = "";
  response.setEncoding("utf8").on("data", (piece) => { text += piece; });
  const read = () => content(events(text.slice(0, text.lastIndexOf("\n\n") + 2), new Headers({ "content-type": "text/event-stream" })));
  await simulator.wait({ held: 1 });
  // All but what the guard holds back until it knows how it goes on.
  for (const until = Date.now() + 10_000; read().length < 7_600 && Date.now() < until;) await new Promise((resolve) => setTimeout(resolve, 10));
  const came = read();
  assert.ok(came.length >= 7_600 && long.content.startsWith(came), `${came.length} characters of some 8,000`);
  await simulator.openGate();
  await once(response, "end");
  assert.equal(read(), long.content);
});

/** Tags that are twice as long as what they replace: pieces that come together go out as one, shorter by their frames, and the
 * sockets' buffers would hold all of the longest answer that the gateway takes. */
const LONGER = { own: Object.fromEntries(["and", "so on"].map((pattern, at) => [`word-${at}`, { pattern, action: "redact", tag: "A".repeat(24) }])) };

test("row 25: a slow reader holds upstream back", async () => {
  const gateway = await startGateway(simulator, { GUARD_OUTPUT: JSON.stringify(LONGER) });
  await simulator.fault({ kind: "endless" });
  const outgoing = await gateway.open();
  const [response] = await once(outgoing, "response");
  response.pause();
  // Nothing more is read: what is under way fits into the sockets' buffers, and then upstream waits. While a busy gateway works
  // through what is there already, upstream waits too, for a second or two.
  let before, now = 0;
  for (let same = 0; same < 8; same = now === before ? same + 1 : 0) {
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 500));
    now = (await simulator.stats()).bytes_sent;
  }
  // Without back-pressure the gateway would have reached its cap on an answer and aborted.
  assert.equal((await simulator.stats()).open, 1);
  console.log(`    upstream wrote ${(now / 2 ** 20).toFixed(2)} MiB while its reader slept`);
  outgoing.socket.resetAndDestroy();
  await simulator.wait({ aborted: 1 }, 1000);
  assert.equal((await gateway.rows())[0].outcome, "cancelled");
  await gateway.stop();
});
