// The data actions of examples/genesys, filled in as Genesys Cloud fills them in, against the gateway.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import Ajv from "ajv";
import { startBoth } from "./support/both.mjs";
import { KEY, MANAGER } from "./support/gateway.mjs";

const example = (name) => JSON.parse(readFileSync(new URL(`../examples/${name}`, import.meta.url), "utf8"));
const ajv = new Ajv({ strict: false });
const { simulator, gateway } = await startBoth({}, { fresh: false });

/** The part of Velocity that the examples use: values of the input and of the credentials, escaped or as they are. */
function velocity(template, values) {
  const escapes = { jsonString: (text) => JSON.stringify(text).slice(1, -1), url: encodeURIComponent };
  const value = (path) => path.split(".").reduce((at, name) => at[name], values);
  const filled = template
    .replace(/\$esc\.(\w+)\(\$\{([\w.]+)\}\)/g, (_, escape, path) => escapes[escape](value(path)))
    .replace(/\$\{([\w.]+)\}/g, (_, path) => value(path));
  assert.doesNotMatch(filled, /\$(esc|\{|!)/, "a part of Velocity that this test does not know");
  return filled;
}

/** Runs the data action as it is written: `{ status, output }`, or `{ status, problem }` for what is no 2xx. */
async function run(action, input, key = KEY) {
  const { request, response } = action.config;
  assert.ok(ajv.validate(action.contract.input.inputSchema, input), ajv.errorsText());
  const values = { input, credentials: { promptgateKey: key } };
  const answer = await fetch(velocity(request.requestUrlTemplate, values).replace("https://GATEWAY", gateway.url), {
    method: request.requestType,
    headers: Object.fromEntries(Object.entries(request.headers).map(([name, text]) => [name, velocity(text, values)])),
    body: velocity(request.requestTemplate, values),
  });
  const body = await answer.json();
  if (!answer.ok) return { status: answer.status, problem: body };
  // what a JSONPath finds is JSON again in the template
  const found = Object.entries(response.translationMap).map(([name, path]) => {
    const value = body[/^\$\.(\w+)$/.exec(path)[1]];
    return [name, value === undefined ? response.translationMapDefaults[name] : JSON.stringify(value)];
  });
  const output = JSON.parse(velocity(response.successTemplate, Object.fromEntries(found)));
  assert.ok(ajv.validate(action.contract.output.successSchema, output), ajv.errorsText());
  return { status: answer.status, output };
}

const question = {
  conversationId: "3f1c9d2e-6a55-4f43-9d55-0d7b4c1f2a10", step: "ask-1", instructions: "Be brief.", model: "support-small",
  question: 'He said: "Where is my parcel?"\nTwice.',
};

test("a question is answered, whatever it is written with", async () => {
  const { status, output } = await run(example("genesys/chat.json"), question);
  assert.equal(status, 200);
  assert.equal(output.status, "success");
  assert.ok(output.answer.length > 10);
  const [row] = await gateway.rows();
  assert.equal(row.request_id, output.requestId);
});

test("a payment card is refused, with a code that a flow can read", async () => {
  const { status, problem } = await run(example("genesys/chat.json"), { ...question, step: "ask-2", question: "My card is 4111 1111 1111 1111" });
  assert.equal(status, 422);
  assert.equal(problem.code, "safety_refused");
  assert.equal(problem.errors[0].path, "$.context[0].content");
});

test("a template is executed with the flow's variables", async () => {
  const headers = { authorization: `Bearer ${MANAGER}`, "content-type": "application/json" };
  const made = await fetch(`${gateway.url}/v1/templates`, { method: "POST", headers, body: JSON.stringify(example("templates/order-status.json")) });
  assert.equal(made.status, 201);
  const { id } = await made.json();
  const { conversationId } = question;
  const { output } = await run(example("genesys/execute.json"), {
    conversationId, step: "status-1", templateId: id, brand: "Acme", order_number: "A-1", order_status: "in transit",
    expected_date: "Tuesday", carrier_note: "-", question: "Where is it?", nonce: conversationId,
  });
  assert.equal(output.status, "success");
});
