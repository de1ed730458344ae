// What a hostile client, or a slow upstream, must not be able to do to everybody else.
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { startBoth } from "./support/both.mjs";
import { ADMIN, AUDITOR, KEY, MANAGER, OTHER, request, startGateway } from "./support/gateway.mjs";

const { simulator, gateway } = await startBoth();

const ID = "0198c0de-1234-4abc-8def-0123456789ab";
const template = (name) => ({
  name, system_instruction: "You write replies. Be brief.", user_template: "Reply to {{customer}}.", variables: ["customer"],
});
const model = () => JSON.parse(readFileSync(new URL("../examples/models/parcel-intent.json", import.meta.url), "utf8"));
const soon = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const metrics = async (on = gateway) => (await on.ask("GET", "/v1/metrics", undefined, { authorization: `Bearer ${ADMIN}` })).body;
/** The value of a series whose labels are all of these. */
const series = (text, name, labels) => {
  const line = text.split("\n").find((line) => line.startsWith(`${name}{`) && labels.every((label) => line.includes(label)));
  return line && Number(line.split(" ").at(-1));
};
const everyone = [
  ["GET", "/v1/templates"], ["POST", "/v1/templates"], ["POST", "/v1/templates/sync"], ["GET", `/v1/templates/${ID}`],
  ["PUT", `/v1/templates/${ID}`], ["POST", `/v1/templates/${ID}/execute`], ["DELETE", `/v1/cache/templates/${ID}`],
  ["POST", "/v1/chat"], ["POST", "/v1/guard"], ["POST", "/v1/lint"], ["POST", "/v1/models"], ["GET", "/v1/audit"],
  ["POST", `/v1/models/${ID}/invoke`], ["PUT", `/v1/models/${ID}/configuration`], ["GET", "/v1/metrics"],
];

test("who has no valid key is counted, and leaves no row and no line", async () => {
  for (const authorization of ["", "Bearer wrong", `Basic ${KEY}`]) {
    for (const [method, path] of everyone) {
      const body = method === "GET" || method === "DELETE" ? undefined : {};
      assert.equal((await gateway.ask(method, path, body, { authorization })).status, 401, path);
    }
  }
  const text = await metrics();
  assert.equal(series(text, "promptgate_requests_total", ['route="/v1/chat"', 'tenant=""', 'code="unauthenticated"']), 3);
  const { lines } = await gateway.audit("", ADMIN);
  assert.deepEqual(lines.filter(({ row }) => row && row.code === "unauthenticated"), []);
  assert.deepEqual(gateway.lines.filter((line) => line.includes("unauthenticated")), []);
});

test("refusals of a valid key are rows, but a flood of them is not", async () => {
  const flood = 300;
  const before = (await gateway.audit("", ADMIN)).lines.length;
  for (let sent = 0; sent < flood; sent += 20) {
    await Promise.all(Array.from({ length: 20 }, () => gateway.post("{", { authorization: `Bearer ${OTHER}` })));
  }
  const { lines } = await gateway.audit("", ADMIN);
  const rows = lines.slice(before - 1).filter(({ row }) => row?.tenant === "globex" && row.code === "invalid_json");
  // The minute may turn while they are sent.
  assert.ok(rows.length >= 20 && rows.length <= 40, `${rows.length} rows`);
  assert.equal(gateway.lines.filter((line) => line.includes('"tenant":"globex"')).length >= flood, true, "each is in the log");
  // Another key of another tenant has its own rows.
  await gateway.post("{");
  const after = (await gateway.audit("", ADMIN)).lines;
  assert.ok(after.some(({ row }) => row?.tenant === "acme" && row.code === "invalid_json"));
});

test("a request of a key without the right is a refusal of that key", async () => {
  assert.equal((await gateway.ask("POST", "/v1/templates", {}, { authorization: `Bearer ${KEY}` })).status, 403);
  const [row] = await gateway.rows(1, /^template/);
  assert.deepEqual([row.tenant, row.code, row.outcome], ["acme", "forbidden", "refused"]);
});

// Row R1.
test("every route ends by the deadline of its request, whatever upstream does", async () => {
  const late = await startGateway(simulator, { TOTAL_MS: "1500", MAX_LATENCY_MS: "1400", MODEL_POLL_MS: "5" });
  try {
    const made = await late.ask("POST", "/v1/templates", template("deadline"));
    assert.equal(made.status, 201);
    const id = made.body.id;
    const submitted = await late.ask("POST", "/v1/models", model());
    assert.ok(submitted.status < 300, JSON.stringify(submitted.body));
    const invoked = submitted.body.model.id;
    for (let tries = 0; tries < 50 && (await late.ask("GET", `/v1/models/${invoked}`)).body.status !== "ACTIVE"; tries++) await soon(50);
    const cases = [
      ["GET", "/v1/templates", undefined, "prompt_list"],
      ["POST", "/v1/templates", template("deadline two"), "prompt_create"],
      ["POST", "/v1/templates/sync", { templates: [template("deadline three")] }, "prompt_list"],
      ["GET", `/v1/templates/${id}`, undefined, "prompt_get", { "cache-control": "no-cache" }],
      ["GET", `/v1/templates/${id}/versions`, undefined, "prompt_versions"],
      ["GET", `/v1/templates/${id}/versions/1`, undefined, "prompt_version"],
      ["GET", `/v1/templates/${id}/diff?from=1&to=1`, undefined, "prompt_version"],
      ["PUT", `/v1/templates/${id}`, template("deadline four"), "prompt_put", { "if-match": made.headers.get("etag") }],
      ["POST", `/v1/templates/${id}/render`, { variables: { customer: "x" } }, "prompt_get", { "cache-control": "no-cache" }],
      ["POST", `/v1/templates/${id}/execute`, { variables: { customer: "x" }, modelId: "support-small", maxTokens: 20 }, "prompt_get", { "cache-control": "no-cache" }],
      ["POST", "/v1/usage/query", { dateFrom: "2026-01-01T00:00:00Z", dateTo: "2026-01-02T00:00:00Z", groupBy: ["templateId"] }, "analytics"],
      ["POST", `/v1/models/${invoked}/invoke`, { input: "Where is it?" }, "model_invoke"],
      ["PUT", `/v1/cache/templates/${ID}`, { content: "Hello" }, "template_put", { "if-match": "*" }],
    ];
    for (const [method, path, body, on, headers] of cases) {
      await simulator.fault({ kind: "hang" }, { on, times: null });
      const began = Date.now();
      const answer = await late.ask(method, path, body, headers);
      const took = Date.now() - began;
      assert.ok(took < 2_300, `${method} ${path} took ${took} ms`);
      assert.equal(answer.status, 504, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      assert.equal(answer.body.code, "total_deadline", `${method} ${path}`);
      await simulator.reset();
      await simulator.put("prompts", [made.body]);
      // Five failures after one another would open the breaker.
      assert.equal((await late.ask("GET", "/v1/templates")).status, 200);
    }
  } finally {
    await late.stop();
  }
});

test("a sync stops when its client leaves: nothing more is written", async () => {
  const library = Array.from({ length: 12 }, (_, n) => template(`left ${n}`));
  await simulator.fault({ kind: "delay", ms: 150 }, { on: "prompt_create", times: null });
  const outgoing = await gateway.open({ templates: library }, { authorization: `Bearer ${MANAGER}` }, undefined, "/v1/templates/sync");
  await simulator.wait({ prompt_writes: 1 });
  outgoing.socket.resetAndDestroy();
  await soon(800);
  const { prompt_writes: writes } = await simulator.stats();
  assert.ok(writes <= 3, `${writes} templates were written`);
  await soon(500);
  assert.equal((await simulator.stats()).prompt_writes, writes, "and it has ended");
  const rows = await gateway.rows(writes + 1, /^template/);
  assert.equal(rows.filter(({ action, code }) => action === "template.create" && !code).length, writes, "what was written has its rows");
  assert.equal(rows.find(({ action }) => action === "template.sync")?.code, "client_left");
});

test("a list stops when its client leaves", async () => {
  await simulator.fault({ kind: "hang" }, { on: "prompt_list" });
  const outgoing = http.request(`${gateway.url}/v1/templates`, { headers: { authorization: `Bearer ${KEY}` } });
  outgoing.on("error", () => {});
  outgoing.end();
  await simulator.wait({ held: 1 });
  outgoing.socket.resetAndDestroy();
  await simulator.wait({ held: 0 }, 1500);
});

test("an invocation without a key stops when its client leaves; one with a key does not", async () => {
  const own = await startGateway(simulator, { MODEL_POLL_MS: "5" });
  const invoked = async (count) => {
    for (let tries = 0; tries < 100; tries++) {
      const rows = own.lines.filter((line) => line.includes('"action":"model.invoke"')).map((line) => JSON.parse(line));
      if (rows.length >= count) return rows;
      await soon(50);
    }
    throw new Error(`${count} rows of invocations did not come`);
  };
  try {
    const { body: { model: { id } } } = await own.ask("POST", "/v1/models", { ...model(), name: `left ${process.pid}` });
    for (let tries = 0; tries < 100 && (await own.ask("GET", `/v1/models/${id}`)).body.status !== "ACTIVE"; tries++) await soon(50);
    await simulator.fault({ kind: "hang" }, { on: "model_invoke" });
    const outgoing = await own.open({ input: "Where is it?" }, {}, undefined, `/v1/models/${id}/invoke`);
    await simulator.wait({ held: 1 });
    outgoing.socket.resetAndDestroy();
    await simulator.wait({ held: 0 }, 1500);
    const [left] = await invoked(1);
    assert.deepEqual([left.code, left.cost_usd], ["client_left", null], "what it cost is unknown");
    await simulator.fault({ kind: "delay", ms: 400 }, { on: "model_invoke" });
    const keyed = await own.open({ input: "Where is it?" }, { "idempotency-key": "k-1" }, undefined, `/v1/models/${id}/invoke`);
    await soon(200);
    keyed.socket.resetAndDestroy();
    assert.equal((await invoked(2))[1].outcome, "success");
  } finally {
    await own.stop();
  }
});

test("what upstream answers for a version is parsed and rebuilt", async () => {
  const { body: { id } } = await gateway.ask("POST", "/v1/templates", template("version"));
  const good = await gateway.ask("GET", `/v1/templates/${id}/versions/1`);
  assert.deepEqual([good.status, good.body.version, good.body.name], [200, 1, "version"]);
  for (const fault of [
    { kind: "html" }, { kind: "malformed" }, { kind: "empty" }, { kind: "leave_out", member: "version" },
    { kind: "set", member: "version", value: 7 },
  ]) {
    await simulator.fault(fault, { on: "prompt_version" });
    const answer = await gateway.ask("GET", `/v1/templates/${id}/versions/1`);
    assert.deepEqual([answer.status, answer.body.code], [502, "upstream_malformed"], JSON.stringify(fault).slice(0, 80));
    assert.ok(!JSON.stringify(answer.body).includes("canary") && !JSON.stringify(answer.body).includes("<html"));
  }
});

test("invented models cannot wipe the metrics of real ones", async () => {
  const own = await startGateway(simulator);
  try {
    for (let sent = 0; sent < 220; sent += 20) {
      await simulator.fault({ kind: "status", status: 404 }, { times: 20 });
      await Promise.all(Array.from({ length: 20 }, (_, n) => own.chat(request({ modelId: `invented-${sent + n}` }))));
    }
    await own.chat();
    const text = await metrics(own);
    assert.ok(series(text, "promptgate_tokens_total", ['model="support-small"', 'kind="completion"']) > 0, text);
    assert.ok(!text.includes("invented-"), "no series for a model that nobody knows");
  } finally {
    await own.stop();
  }
});

test("half-sent bodies of one key are bounded; another key is served meanwhile, and the room is free again", async () => {
  const own = await startGateway(simulator);
  const { hostname, port } = new URL(own.url);
  const piece = Buffer.alloc(64 << 10, 0x20);
  const sockets = [];
  const answers = [];
  const half = (_, at) => {
    const socket = net.connect(Number(port), hostname);
    answers[at] = "";
    socket.setEncoding("utf8").on("data", (text) => { answers[at] += text; }).on("error", () => {});
    socket.write(`POST /v1/chat HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${OTHER}\r\nContent-Type: application/json\r\nContent-Length: 1048576\r\n\r\n`);
    for (let sent = 0; sent < 15; sent++) socket.write(piece);
    sockets.push(socket);
  };
  try {
    Array.from({ length: 60 }, half);
    const refusals = () => answers.filter((answer) => answer.startsWith("HTTP/1.1 503") && answer.includes("}"));
    for (let tries = 0; tries < 150 && refusals().length < 20; tries++) await soon(100);
    const refused = refusals();
    assert.ok(refused.length >= 20, `${refused.length} of 60 were refused`);
    assert.ok(refused.every((answer) => /retry-after: \d+/i.test(answer) && answer.includes('"code":"overloaded"')));
    assert.equal((await own.chat()).status, 200, "another key is served");
    for (const socket of sockets) socket.resetAndDestroy();
    for (let tries = 0; ; tries++) {
      // Large enough not to fit into what one refused chunk leaves.
      const context = Array.from({ length: 25 }, () => ({ role: "user", content: "word ".repeat(700) }));
      const answer = await own.chat(request({ context, maxTokens: 4096 }), { authorization: `Bearer ${OTHER}` });
      if (answer.status === 200) break;
      assert.equal(answer.status, 503, answer.text);
      assert.ok(tries < 100, "the room is not given back");
      await soon(100);
    }
  } finally {
    await own.stop();
  }
});

test("while the largest body of a route is looked at, others are answered", async () => {
  const text = (unit, size = 1_000_000) => unit.repeat(Math.floor(size / unit.length));
  const created = await gateway.ask("POST", "/v1/templates", template("large values"));
  assert.equal(created.status, 201);
  const numbers = text("536-22-1234 ");
  const library = Array.from({ length: 90 }, (_, at) => ({ ...template(`library ${at}`), system_instruction: text("Where is my parcel? ", 10_000) }));
  for (const [path, body] of [
    ["/v1/guard", { text: text("<|im_start|>") }],
    ["/v1/guard", { text: text("password=") }],
    ["/v1/lint", { text: text("password=Abc12345 ") }],
    [`/v1/templates/${created.body.id}/render`, { variables: { customer: numbers } }],
    [`/v1/templates/${created.body.id}/execute`, { variables: { customer: numbers } }],
    ["/v1/templates/sync?dry_run=true", { templates: library }],
    ["/openai/v1/chat/completions", { model: "support-small", messages: [{ role: "user", content: numbers }] }],
  ]) {
    let done = false;
    const large = gateway.ask("POST", path, body).then((answer) => { done = true; return answer; });
    // Uncut, the body would be done with before anything that is asked one after the other.
    let answered = 0;
    while (!done && answered < 1_000) {
      assert.equal((await gateway.ask("GET", "/healthz")).status, 200);
      if (!done) answered++;
    }
    const { status } = await large;
    // OpenAI's wire says 400 for what the guard refuses.
    assert.ok([200, 422, ...(path.startsWith("/openai") ? [400] : [])].includes(status), `${path}: ${status}`);
    assert.ok(answered >= 10, `${path}: ${answered} others were answered meanwhile`);
  }
});

test("more values than a body of the OpenAI front may hold are refused before they are read", async () => {
  const body = `{"model":"support-small","messages":[{"role":"user","content":"Hi"}],"x":[${"1,".repeat(4_000_000)}1]}`;
  const { status, body: problem } = await gateway.ask("POST", "/openai/v1/chat/completions", body);
  assert.equal(status, 413, JSON.stringify(problem));
});

test("small: nosniff, encoded bodies, empty bodies of DELETE and GET, the Host header", async () => {
  for (const [method, path] of [["GET", "/healthz"], ["GET", "/v1/openapi.json"], ["GET", "/nowhere"], ["GET", "/v1/templates"], ["POST", "/v1/chat"]]) {
    const { headers } = await gateway.ask(method, path, method === "POST" ? request() : undefined);
    assert.equal(headers.get("x-content-type-options"), "nosniff", path);
  }
  const encoded = await gateway.post(request(), { "content-encoding": "gzip" });
  assert.deepEqual([encoded.status, (await encoded.json()).code], [415, "unsupported_media_type"]);
  // A body that is empty, announced as one of unknown length.
  for (const [method, path, status] of [["DELETE", `/v1/cache/templates/${ID}`, 404], ["GET", `/v1/templates/${ID}`, 404]]) {
    const outgoing = http.request(gateway.url + path, { method, headers: { authorization: `Bearer ${MANAGER}`, "transfer-encoding": "chunked" } });
    outgoing.end();
    const [response] = await once(outgoing, "response");
    response.resume();
    assert.equal(response.statusCode, status, method);
  }
  const { hostname, port } = new URL(gateway.url);
  const raw = (host) => new Promise((resolve, reject) => {
    const socket = net.connect(Number(port), hostname);
    let answer = "";
    socket.setEncoding("utf8").on("data", (text) => { answer += text; }).on("end", () => resolve(answer)).on("error", reject);
    socket.write(`GET /nowhere HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  });
  for (const host of ["x/healthz?", "x/healthz#", "x?/healthz"]) {
    assert.doesNotMatch(await raw(host), /^HTTP\/1\.1 200/, host);
  }
});

test("an export of the audit log has what its isolate has just left", async () => {
  await gateway.chat();
  const { lines } = await gateway.audit("", AUDITOR);
  assert.ok(lines.some(({ row }) => row?.action === "chat.complete"));
});
