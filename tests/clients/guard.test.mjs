// What the guard does, as an unmodified SDK sees it.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, beforeEach, test } from "node:test";
import OpenAI from "openai7";
import { KEY } from "../support/gateway.mjs";
import { startSimulator } from "../support/simulator.mjs";
import { assembled, body } from "./adapters/wire.mjs";
import { GUARDS, openai, startOpenaiGateway } from "./gateway.mjs";
import { strict } from "./strict.mjs";
import { TOOLS } from "./table.mjs";

let simulator, gateway, client;
before(async () => {
  simulator = await startSimulator();
  gateway = await startOpenaiGateway({ ...openai(`${simulator.url}/v1`), ...GUARDS });
  client = new OpenAI({ baseURL: gateway.target.url, apiKey: KEY, maxRetries: 0 });
});
after(async () => {
  await gateway?.stop();
  await simulator?.stop();
});
beforeEach(async () => {
  await simulator.reset();
  gateway.lines.length = 0;
});

const script = (...faults) => simulator.fault(faults, { on: "openai_chat" });
const sent = async () => (await simulator.requests()).find(({ endpoint }) => endpoint === "openai_chat");
const SECRET = "AKIAIOSFODNN7EXAMPLQ";
const CARD = "4111 1111 1111 1111";

test("a card number is refused with its place, never its value", async () => {
  const messages = [{ role: "system", content: "Be brief." }, { role: "user", content: [{ type: "text", text: `pay with ${CARD}` }] }];
  const error = await client.chat.completions.create({ model: "gpt-4o-mini", messages }).catch((error) => error);
  assert.deepEqual([error.status, error.code, error.type, error.param], [400, "content_filter", "invalid_request_error", "messages[1].content[0].text"]);
  assert.ok(!error.message.includes("4111"));
  assert.equal((await simulator.stats()).openai_chat, 0);
});

// Row O3.
test("an e-mail in a tool's result is redacted, and the JSON around it stays JSON", async () => {
  const result = JSON.stringify({ customer: "Zoë", mail: "zoe@example.com", since: 2019 }).replace("zoe@", "z\\u006fe@");
  await script({ kind: "answer", content: "Zoë is a customer." });
  await client.chat.completions.create({ model: "gpt-4o-mini", messages: [
    { role: "user", content: "Who is customer 7?" },
    { role: "assistant", content: null, tool_calls: [{ id: "call_1", type: "function", function: { name: "find", arguments: "{\"id\":7}" } }] },
    { role: "tool", tool_call_id: "call_1", content: result },
  ] });
  const content = JSON.parse((await sent()).body.messages[2].content);
  assert.deepEqual([content.customer, content.since], ["Zoë", 2019]);
  assert.ok(!content.mail.includes("example.com"), content.mail);
});

// Row O3.
test("a key in the streamed arguments of a tool is redacted, however it is cut", async () => {
  for (const piece of [1, 3, 7, 1000]) {
    const call = (name, value) => ({ name, arguments: JSON.stringify({ order: value, more: [1, "ä"] }) });
    await script({ kind: "answer", piece, tool_calls: [call("find_order", `key ${SECRET} here`), call("find_parcel", "nothing")] });
    const chunks = [];
    for await (const chunk of await client.chat.completions.create(body({ messages: [{ role: "user", text: "x" }], tools: TOOLS }, true))) chunks.push(chunk);
    assert.ok(!JSON.stringify(chunks).includes("AKIA"), `${piece}`);
    const { calls, finish } = assembled(chunks);
    assert.deepEqual(calls.map(({ name }) => name), ["find_order", "find_parcel"]);
    assert.match(calls[0].arguments.order, /^key .+ here$/);
    assert.deepEqual([calls[0].arguments.more, calls[1].arguments.order, finish], [[1, "ä"], "nothing", "tool_calls"]);
  }
});

// Row O3.
test("each choice, its reasoning and its refusal are guarded by themselves", async () => {
  const half = [`The number is ${CARD.slice(0, 9)}`, `${CARD.slice(9)} is not one, ${CARD} is.`];
  for (const piece of [1, 5, 1000]) {
    await script({ kind: "answer", piece, content: half, reasoning: `The key is ${SECRET}, I think.` });
    const { choices } = strict(await (await gateway.complete(body({ messages: [{ role: "user", text: "x" }], n: 2 }, true))).text(), { usage: true });
    assert.equal(choices[0].content, half[0], "half a number is none");
    assert.ok(choices[1].content.startsWith(CARD.slice(9)) && !choices[1].content.includes(CARD), choices[1].content);
    for (const { reasoning } of choices) assert.match(reasoning, /^The key is (?!AKIA).+, I think\.$/);
    await script({ kind: "answer", piece, refusal: `I must not say ${SECRET}.` });
    const refused = strict(await (await gateway.complete(body({ messages: [{ role: "user", text: "x" }] }, true))).text(), { usage: true });
    assert.match(refused.choices[0].refusal, /^I must not say (?!AKIA).+\.$/);
  }
});

// Row O5.
test("what is not edited goes out byte for byte", async () => {
  const text = `{ "messages":[ {"content":"\\u0041 \\/ 1.0","role":"user", "zz":null} ],\n "zz":{"b":1e2,"a":[ ]},"model":"gpt-4o-mini" ,"seed":12345678901234567890}`;
  const response = await gateway.complete(text);
  assert.equal(response.status, 200, await response.text());
  assert.equal((await sent()).body_text, text);
  await simulator.reset();
  const edited = text.replace("\\u0041", "zoe@example.com");
  await (await gateway.complete(edited)).text();
  const out = (await sent()).body_text;
  // The string that holds the address is written anew, and nothing else.
  const [head, tail] = edited.split(/"zoe@example.com[^"]*"/);
  assert.ok(out.startsWith(head) && out.endsWith(tail) && !out.includes("zoe@"), out);
});

test("an image of seven megabytes passes and is not read as prose", async () => {
  const image = `data:image/png;base64,${"4111111111111111".repeat(7 << 16)}`;
  const request = { model: "gpt-4o-mini", messages: [{ role: "user", content: [{ type: "text", text: "What is it?" }, { type: "image_url", image_url: { url: image } }] }] };
  const response = await gateway.complete(request);
  assert.equal(response.status, 200, (await response.text()).slice(0, 300));
  assert.ok((await sent()).body_bytes > 7 << 20);
  // A client that still writes when the answer comes may not see it; one that looks does.
  const { hostname, port } = new URL(gateway.url);
  const large = connect(Number(port), hostname);
  large.on("error", () => {});
  large.write(`POST /openai/v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${KEY}\r\nContent-Type: application/json\r\nContent-Length: ${11 << 20}\r\n\r\n{`);
  const [answer] = await once(large.setEncoding("utf8"), "data");
  assert.match(answer, /^HTTP\/1.1 413 /);
  assert.match(answer, /"error":\{/);
  large.destroy();
});

// Row Errors.
test("hostile bodies are 4xx in the wire's shape, and cost nothing upstream", async () => {
  const request = { model: "gpt-4o-mini", messages: [{ role: "user", content: "x" }] };
  const deep = (open, close, levels) => open.repeat(levels) + close.repeat(levels);
  const bodies = [
    "", "{", "{]", "NaN", "undefined", "\u0000", "１２３", "[]", "null", "<script>alert(1)</script>", "'; DROP TABLE audit; --", "%00%0d%0a",
    "{\"model\":\"m\",}", deep("[", "]", 100_000), deep("{\"a\":", "}", 500).replace(/:}/, ":1}"),
    "{\"model\":\"a\",\"model\":\"b\",\"messages\":[]}",
    new Uint8Array([0x22, 0xff, 0x22]),
    { ...request, model: "a\r\nSet-Cookie: x=1" }, { ...request, model: "\u0000" }, { ...request, model: "" }, { ...request, model: 1 },
    { ...request, messages: [] }, { ...request, messages: {} }, { ...request, messages: [1] }, { ...request, messages: [{ role: "bot", content: "x" }] },
    { ...request, messages: [{ role: "user", content: 1 }] }, { ...request, stream: "yes" },
    JSON.stringify(request).replace("gpt-4o-mini", "\\ud800"), JSON.stringify(request).replace("\"x\"", "\"\\ud800\""),
    "{\"__proto__\":{\"x\":1},\"constructor\":1}",
  ];
  const wrong = [];
  for (const hostile of bodies) {
    const response = await gateway.complete(hostile);
    const text = await response.text();
    const shown = typeof hostile === "string" ? hostile.slice(0, 60) : JSON.stringify(hostile);
    if (!(response.status >= 400 && response.status < 500)) wrong.push(`${response.status} ${shown}`);
    else if (typeof JSON.parse(text).error?.message !== "string") wrong.push(`no error: ${shown} ${text}`);
    if (/Set-Cookie|<script>|DROP TABLE/.test(text) || response.headers.get("set-cookie")) wrong.push(`echoed: ${shown}`);
  }
  assert.deepEqual(wrong, []);
  assert.equal((await simulator.stats()).executions, 0, "what is left to the upstream to refuse costs nothing there");
  assert.equal((await gateway.rows(bodies.length)).length, bodies.length);
});

test("addresses, methods and keys", async () => {
  const ask = async (path, options = {}) => {
    const response = await fetch(gateway.url + path, { headers: { authorization: `Bearer ${KEY}` }, ...options });
    return { status: response.status, headers: response.headers, body: await response.json() };
  };
  for (const path of ["/openai/v1/responses", "/openai/v1/images/generations", "/openai/v1/audio/speech", "/openai/v1/chat"]) {
    const { status, body: { error } } = await ask(path, { method: "POST", body: "{}", headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" } });
    assert.equal(status, 404, path);
    assert.match(error.message, /chat\/completions/, "it names what is there");
  }
  // The commonest mistake: a base address without `/openai`. The client must say what is wrong, and not the number alone.
  const lost = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: KEY, maxRetries: 0 });
  const error = await lost.chat.completions.create({ model: "gpt-4o-mini", messages: [{ role: "user", content: "x" }] }).catch((error) => error);
  assert.deepEqual([error.status, error.code], [404, "not_found"]);
  assert.match(error.message, /base address \/openai\/v1/);
  const method = await ask("/openai/v1/chat/completions");
  assert.deepEqual([method.status, method.headers.get("allow")], [405, "POST"]);
  assert.equal((await ask("/openai/v1/models/none")).status, 404);
  for (const headers of [{ authorization: `Bearer ${KEY}` }, { "api-key": KEY }, { "x-api-key": KEY }]) {
    assert.equal((await ask("/openai/v1/models", { headers })).body.object, "list");
  }
  for (const [path, headers] of [["/openai/v1/models", {}], [`/openai/v1/models?api-key=${KEY}`, {}], ["/openai/v1/models", { "api-key": "x" }]]) {
    const { status, body: { error } } = await ask(path, { headers });
    assert.deepEqual([status, error.code], [401, "invalid_api_key"], path);
  }
});
