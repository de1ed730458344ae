// What is refused before anything is sent upstream, and how clearly.
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import { test } from "node:test";
import { startBoth } from "./support/both.mjs";
import { KEY, content, digest, events, request, startGateway } from "./support/gateway.mjs";

const { simulator, gateway } = await startBoth({ TOTAL_MS: "2000" });

const nothingSent = async () => {
  const stats = await simulator.stats();
  assert.deepEqual([stats.chat, stats.token], [0, 0], "a refusal costs nothing upstream");
};

/** Sends `body` and checks the problem that comes back. */
async function refused(body, headers, status, code) {
  const response = await gateway.post(body, headers);
  const text = await response.text();
  assert.equal(response.status, status, text);
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  const problem = JSON.parse(text);
  assert.equal(problem.code, code);
  assert.equal(problem.status, status);
  assert.equal(problem.request_id, response.headers.get("x-request-id"));
  assert.equal(typeof problem.retryable, "boolean");
  for (const member of ["type", "title", "detail", "instance"]) assert.ok(problem[member], member);
  return { problem, response };
}

test("ten malformed requests get ten messages from which they can be mended", async () => {
  const context = (message) => request({ context: [message] });
  const table = [
    ["", "invalid_json", "$", /send a JSON object/],
    ["{\"modelId\": \"m\",}", "invalid_json", "$", /line 1 column 17/],
    ["{\"modelId\":\"a\",\"modelId\":\"b\"}", "invalid_json", "$.modelId", /Duplicate key/],
    ["[".repeat(65) + "]".repeat(65), "invalid_json", "$", /deeper than 64/],
    [{ ...request(), max_tokens: 5 }, "invalid_request", "$.max_tokens", /did you mean `maxTokens`/],
    [request({ temperature: "hot" }), "invalid_request", "$.temperature", /Expected a number from 0 to 2, found a string/],
    [request({ maxTokens: 1.5 }), "invalid_request", "$.maxTokens", /an integer from 1 to 4096, found a fraction/],
    [context({ role: "assistant", content: "x" }), "invalid_request", "$.context[0].role", /`user`, `agent`, `system`/],
    [context({ role: "user", content: "x".repeat(4001) }), "invalid_request", "$.context[0].content", /at most 4000 .* found 4001/],
    [request({ modelId: undefined }), "invalid_request", "$.modelId", /required: add it/],
    [request({ systemInstructions: Array(6).fill("x") }), "invalid_request", "$.systemInstructions", /at most 5/],
  ];
  for (const [body, code, path, message] of table) {
    const { problem } = await refused(body, {}, 400, code);
    assert.equal(problem.errors.length, 1, JSON.stringify(problem));
    assert.equal(problem.errors[0].path, path);
    assert.match(problem.errors[0].message, message);
  }
  await nothingSent();
});

test("B1: every fault at once", async () => {
  const { problem } = await refused({ context: [{ role: "bot" }], temperature: 3, maxTokens: 0, model: "m" }, {}, 400, "invalid_request");
  assert.deepEqual(problem.errors.map(({ path, code }) => `${path} ${code}`).sort(), [
    "$.context[0].content missing_field",
    "$.context[0].role unknown_value",
    "$.maxTokens out_of_range",
    "$.model unknown_field",
    "$.modelId missing_field",
    "$.systemInstructions missing_field",
    "$.temperature out_of_range",
  ]);
});

test("B3: path and span of what must not be sent, never its value", async () => {
  const secret = "password: canary-hunter2";
  const { problem } = await refused(request({ context: [{ role: "user", content: `é😀 my ${secret} ok` }] }), {}, 422, "safety_refused");
  assert.deepEqual(problem.errors.map(({ path }) => path), ["$.context[0].content"]);
  const [start, end] = problem.errors[0].span;
  assert.ok(`é😀 my ${secret} ok`.slice(start, end).includes("canary-hunter2"), "UTF-16 offsets");
  assert.ok(!JSON.stringify(problem).includes("canary"));
  await nothingSent();
  await gateway.rows();
  assert.ok(!gateway.lines.join().includes("canary"));
});

test("B2: what cannot fit is refused with the numbers", async () => {
  const { problem } = await refused(request({ context: [{ role: "user", content: "x".repeat(4000) }], maxTokens: 100 }), {}, 422, "context_too_long");
  assert.match(problem.detail, /take 10\d\d tokens; at most 80 fit/);
  await nothingSent();
});

test("who has no key is refused, before anything else is looked at", async () => {
  for (const authorization of ["", "Bearer", "Bearer wrong", `Basic ${KEY}`, `Bearer ${KEY}x`, `Bearer ${digest(KEY)}`]) {
    const { response } = await refused("{", { authorization, "content-type": "text/plain" }, 401, "unauthenticated");
    assert.match(response.headers.get("www-authenticate"), /^Bearer/);
  }
  await nothingSent();
});

test("without keys configured it refuses to serve, and says what to set", async () => {
  const bare = await startGateway(simulator, { CLIENT_KEYS: null, UPSTREAM_CLIENT_SECRET: null });
  try {
    for (const path of ["/healthz", "/v1/chat"]) {
      const response = await fetch(bare.url + path, path === "/healthz" ? {} : { method: "POST", body: "{}" });
      const problem = await response.json();
      assert.deepEqual([response.status, problem.code], [503, "not_configured"]);
      assert.deepEqual(problem.errors.map(({ path }) => path), ["$.CLIENT_KEYS", "$.UPSTREAM_CLIENT_SECRET"]);
    }
    assert.equal((await fetch(`${bare.url}/v1/openapi.json`)).status, 200);
  } finally {
    await bare.stop();
  }
});

test("content types, formats, idempotency keys", async () => {
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1"]) {
    await refused(request(), { "content-type": type }, 415, "unsupported_media_type");
  }
  await refused(request(), { accept: "text/html" }, 406, "not_acceptable");
  await refused(request(), { "idempotency-key": "\"" }, 400, "invalid_idempotency_key");
  await refused(request(), { "idempotency-key": "x".repeat(256) }, 400, "invalid_idempotency_key");
  await nothingSent();
});

// Row Errors.
test("methods and addresses", async () => {
  for (const method of ["GET", "PUT", "DELETE", "OPTIONS"]) {
    const response = await fetch(`${gateway.url}/v1/chat`, { method });
    assert.deepEqual([response.status, response.headers.get("allow")], [405, "POST"], method);
  }
  for (const path of ["/v1/chats", "/v1/chat/", "/v2/chat", "/nothing?x=/v1/chat"]) {
    const response = await fetch(gateway.url + path, { method: "POST", body: "{}" });
    assert.deepEqual([response.status, (await response.json()).code], [404, "not_found"], path);
  }
  assert.equal((await fetch(`${gateway.url}/healthz`, { method: "HEAD" })).status, 200);
  assert.equal((await fetch(`${gateway.url}/v1/chat?x=1`, { method: "POST" })).status, 401, "a query changes nothing");
});

// Row Errors.
test("the body cap: declared, and while reading", async () => {
  await refused("x".repeat((1 << 20) + 1), {}, 413, "body_too_large");
  // Chunked: no length is declared, the gateway stops reading.
  const outgoing = http.request(`${gateway.url}/v1/chat`, {
    method: "POST", headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
  });
  outgoing.on("error", () => {});
  const answered = once(outgoing, "response");
  for (let sent = 0; sent < 3 << 20 && !outgoing.destroyed; sent += 1 << 16) outgoing.write(Buffer.alloc(1 << 16, 32));
  outgoing.end();
  const [response] = await answered;
  assert.equal(response.statusCode, 413);
  response.resume();
  await refused(" ".repeat(1 << 20), {}, 400, "invalid_json");
  await nothingSent();
});

test("row 39: hostile bodies are 4xx and one line of the log each", async () => {
  const deep = (open, close, levels) => open.repeat(levels) + close.repeat(levels);
  const bodies = [
    deep("[", "]", 100_000),
    deep("{\"a\":", "}", 65).replace(/:}/, ":1}"),
    "{\"a\":1,\"a\":2}",
    JSON.stringify(request({ modelId: "a\r\nSet-Cookie: x=1" })),
    JSON.stringify(request({ modelId: "\u0000" })),
    JSON.stringify(request({ temperature: 1 })).replace("1", "1e999"),
    JSON.stringify(request()).replace("support-small", "\\ud800"),
    new Uint8Array([0x22, 0xff, 0x22]),
    "NaN", "undefined", "{]", "\u0000", "'; DROP TABLE audit; --", "<script>alert(1)</script>", "%00%0d%0a", "１２３",
    "{\"__proto__\":{\"x\":1},\"constructor\":1}",
  ];
  for (const body of bodies) {
    const response = await gateway.post(body);
    const text = await response.text();
    assert.ok(response.status >= 400 && response.status < 500, `${response.status} ${text}`);
    assert.ok(!text.includes("Set-Cookie") && !text.includes("<script>") && !text.includes("DROP TABLE"));
    assert.equal(response.headers.get("set-cookie"), null);
  }
  const rows = await gateway.rows(bodies.length);
  assert.equal(rows.length, bodies.length);
  const others = gateway.lines.filter((line) => !/^\{"event":"audit_head","hash":"[0-9a-f]{64}","sequence":\d+\}$/.test(line));
  assert.equal(others.length, bodies.length, "nothing else is logged but where the audit log is");
  assert.ok(rows.every((row) => row.outcome === "refused" && row.tenant === "acme" && row.idempotency_key === undefined));
  await nothingSent();
});

test("a chunked body that comes in pieces is read to its end", async () => {
  const text = Buffer.from(JSON.stringify(request()));
  const outgoing = http.request(`${gateway.url}/v1/chat`, {
    method: "POST", headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
  });
  for (let at = 0; at < text.length; at += 20) {
    outgoing.write(text.subarray(at, at + 20));
    await new Promise(setImmediate);
  }
  outgoing.end();
  const [response] = await once(outgoing, "response");
  let answer = "";
  for await (const piece of response.setEncoding("utf8")) answer += piece;
  assert.equal(response.statusCode, 200);
  assert.ok(content(events(answer, { get: (name) => response.headers[name] })).length > 0);
});

test("a body that stalls is a 408, one that breaks off sends nothing", async () => {
  const head = `POST /v1/chat HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${KEY}\r\nContent-Type: application/json\r\n`;
  const { hostname, port } = new URL(gateway.url);
  const stalling = net.connect(Number(port), hostname);
  stalling.write(`${head}Content-Length: 500\r\n\r\n{"modelId":`);
  let answer = "";
  for await (const piece of stalling.setEncoding("utf8")) {
    answer += piece;
    if (answer.includes("body_timeout")) break;
  }
  assert.match(answer, /^HTTP\/1.1 408/);
  stalling.destroy();
  const breaking = net.connect(Number(port), hostname);
  breaking.write(`${head}Transfer-Encoding: chunked\r\n\r\n5\r\n{"mod\r\n`);
  await once(breaking, "connect");
  breaking.resetAndDestroy();
  await nothingSent();
});
