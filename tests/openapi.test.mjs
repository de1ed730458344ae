// The interface is as its own description says.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { KEY, request, startGateway } from "./support/gateway.mjs";
import { description } from "./support/openapi.mjs";
import { startSimulator } from "./support/simulator.mjs";

let simulator, gateway, document, described;
before(async () => {
  simulator = await startSimulator();
  gateway = await startGateway(simulator);
  document = await (await fetch(`${gateway.url}/v1/openapi.json`)).json();
  described = description(document);
});
after(async () => {
  await gateway?.stop();
  await simulator?.stop();
});

const schema = (name, data) => described.schema(name, data);

test("every path answers with a status and a type that it describes", async () => {
  const id = "0198c0de-0000-4abc-8def-0123456789ab";
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const address = path.replace("{id}", id).replace("{version}", "1");
      const takes = operation.requestBody !== undefined;
      // `ask` holds the answer to its description.
      const { status } = await gateway.ask(method.toUpperCase(), address, takes ? {} : undefined);
      assert.ok(operation.responses[status], `${method} ${path} ${status}`);
    }
  }
});

test("requests and answers fit their schemas", async () => {
  schema("ChatRequest", request());
  schema("Answer", JSON.parse((await gateway.chat(request(), { accept: "application/json" })).text));
  for (const { name, data } of (await gateway.chat()).events) {
    if (name === "done") schema("Summary", data);
    if (name === "usage") schema("Usage", data);
    schema("Event", { type: name, ...data });
  }
  const report = await fetch(`${gateway.url}/v1/guard`, {
    method: "POST", headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ text: "write to zoe@example.com" }),
  });
  schema("GuardReport", await report.json());
  await simulator.fault({ kind: "status", status: 429, retry_after: "9999" });
  const problem = JSON.parse((await gateway.chat()).text);
  schema("Problem", problem);
  assert.ok(problem.upstream_correlation_id);
  schema("Problem", JSON.parse((await gateway.chat({ x: 1 })).text));
  await simulator.fault({ kind: "no_terminal" });
  schema("Problem", (await gateway.chat()).events.at(-1).data);
});

test("what the schema of a request refuses, the gateway refuses", async () => {
  for (const change of [
    { temperature: 2.1 }, { temperature: "1" }, { maxTokens: 0 }, { maxTokens: 4097 }, { maxTokens: 1.5 }, { modelId: "" },
    { modelId: undefined }, { context: [{ role: "bot", content: "x" }] }, { context: [{ role: "user" }] }, { other: 1 },
    { systemInstructions: ["x".repeat(501)] }, { systemInstructions: Array(6).fill("x") }, { context: null },
  ]) {
    const body = JSON.parse(JSON.stringify(request(change)));
    assert.ok(!described.fits("ChatRequest", body), `the schema takes ${JSON.stringify(change)}`);
    assert.equal((await gateway.post(body)).status, 400, JSON.stringify(change));
  }
});
