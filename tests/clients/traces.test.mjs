// Spans as a collector gets them, read by OTLP's own schema.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";
import { after, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { request, startGateway } from "../support/gateway.mjs";
import { startSimulator } from "../support/simulator.mjs";
import { python } from "./clients.mjs";

const interpreter = python("python", "python");
const SCHEMA = fileURLToPath(new URL("otlp_schema.py", import.meta.url));
const PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

let simulator, gateway, collector;
const exports = [], came = new EventEmitter();
before(async () => {
  collector = createServer(async (incoming, outgoing) => {
    let text = "";
    for await (const piece of incoming.setEncoding("utf8")) text += piece;
    exports.push({ url: incoming.url, headers: incoming.headers, body: JSON.parse(text) });
    outgoing.setHeader("content-type", "application/json").end("{}");
    came.emit("export");
  }).listen(0, "127.0.0.1");
  await once(collector, "listening");
  simulator = await startSimulator();
  gateway = await startGateway(simulator, {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.address().port}`,
    OTEL_EXPORTER_OTLP_HEADERS: "x-api-key=canary-collector",
    OTEL_SERVICE_NAME: "shop",
  });
});
after(async () => {
  await gateway?.stop();
  await simulator?.stop();
  collector?.close();
});
beforeEach(async () => {
  await simulator.reset();
  exports.length = 0;
});

const SERVER = 2, CLIENT = 3;
const all = () => exports.flatMap(({ body }) => body.resourceSpans[0].scopeSpans[0].spans);
/** The spans of calls; those of what was sent for them are below them. */
const spans = () => all().filter(({ kind }) => kind === SERVER);
async function until(count) {
  const limit = AbortSignal.timeout(10_000);
  while (spans().length < count) await once(came, "export", { signal: limit });
  return spans();
}
const attributes = (span) => Object.fromEntries(span.attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

test("a call is a span of its client's trace", async () => {
  assert.equal((await gateway.chat(request(), { traceparent: PARENT })).status, 200);
  const [span] = await until(1);
  assert.deepEqual([span.traceId, span.parentSpanId], ["0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"]);
  assert.match(span.spanId, /^[0-9a-f]{16}$/);
  assert.equal(span.name, "chat support-small");
  const named = attributes(span);
  assert.equal(named["gen_ai.operation.name"], "chat");
  assert.equal(named["gen_ai.request.model"], "support-small");
  assert.ok(Number(named["gen_ai.usage.output_tokens"]) > 0);
  const [{ url, headers, body }] = exports;
  assert.deepEqual([url, headers["x-api-key"]], ["/v1/traces", "canary-collector"]);
  assert.equal(body.resourceSpans[0].resource.attributes[0].value.stringValue, "shop");
  assert.ok(!JSON.stringify(body).includes("canary-prompt") && !gateway.lines.join().includes("canary-collector"));
});

test("each request that was sent upstream is a span below its call's, whose place the upstream was told", async () => {
  await simulator.fault({ kind: "status", status: 503, headers: { "retry-after": "0" } });
  await gateway.chat(request(), { traceparent: PARENT });
  const [call] = await until(1);
  const sent = all().filter(({ kind }) => kind === CLIENT);
  assert.deepEqual(sent.map((span) => [span.traceId, span.parentSpanId]), Array(2).fill([call.traceId, call.spanId]));
  assert.deepEqual(sent.map((span) => attributes(span)["http.response.status_code"]), ["503", "200"]);
  assert.deepEqual(sent.map((span) => attributes(span)["error.type"]), ["upstream_unavailable", undefined]);
  assert.ok(BigInt(sent[0].endTimeUnixNano) <= BigInt(sent[1].startTimeUnixNano));
  const told = (await simulator.requests()).filter(({ endpoint }) => endpoint === "chat").map(({ headers }) => headers.traceparent);
  assert.deepEqual(told, sent.map(({ spanId }) => `00-${call.traceId}-${spanId}-01`));
});

test("a trace that its client does not sample has no span, one of our own begins anew", async () => {
  await gateway.chat(request(), { traceparent: PARENT.replace(/01$/, "00") });
  await simulator.fault({ kind: "status", status: 500 });
  await gateway.chat(request({ modelId: "other" }));
  const [span, ...more] = await until(1);
  assert.deepEqual([span.name, span.parentSpanId, more.length, span.status.code], ["chat other", undefined, 0, 2]);
  assert.equal(attributes(span)["error.type"], "upstream_error");
});

test("what is exported is read by OTLP's schema", { skip: !interpreter && "there is no Python here" }, async () => {
  await Promise.all(Array.from({ length: 5 }, () => gateway.chat(request())));
  await until(5);
  for (const { body } of exports) {
    const read = JSON.parse(execFileSync(interpreter, [SCHEMA], { input: JSON.stringify(body), encoding: "utf8" }));
    assert.ok(read.resourceSpans[0].scopeSpans[0].spans.some(({ kind }) => kind === CLIENT || kind === "SPAN_KIND_CLIENT"));
    assert.equal(read.resourceSpans[0].scopeSpans[0].spans.length, body.resourceSpans[0].scopeSpans[0].spans.length);
  }
});

test("a collector that is away costs the client nothing", async () => {
  const alone = await startGateway(simulator, { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" });
  try {
    assert.equal((await alone.chat()).status, 200);
    assert.equal((await alone.rows())[0].outcome, "success");
  } finally {
    await alone.stop();
  }
});
