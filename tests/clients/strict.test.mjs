// The strict reader itself: it takes a plain stream, and refuses every shape that some client does not understand.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startSimulator } from "../support/simulator.mjs";
import { body } from "./adapters/wire.mjs";
import { strict } from "./strict.mjs";
import { ROWS, TOOLS } from "./table.mjs";

/** Shapes that break no client. */
const HARMLESS = ["no_done", "usage_missing", "tool_whole", "tools_interleaved", "role_repeated", "unknown_members", "finish_with_content"];

let simulator;
before(async () => { simulator = await startSimulator(); });
after(() => simulator?.stop());

async function stream(request, ...faults) {
  const response = await fetch(`${simulator.url}/v1/chat/completions`, {
    method: "POST", body: JSON.stringify(body(request, true)),
    headers: { authorization: "Bearer dev-key", "content-type": "application/json", "x-simulator-fault": JSON.stringify(faults) },
  });
  return response.text();
}

test("a plain stream passes", async () => {
  for (const { name, request, answer } of ROWS) {
    const ascii = JSON.parse(JSON.stringify(answer).replace(/[^ -~]/g, "?"));
    const { choices, usage, done } = strict(await stream(request, { kind: "answer", ...ascii }), { usage: true });
    assert.ok(done && usage.total_tokens > 0 && choices.length === (request.n ?? 1), name);
  }
});

test("shapes that break a client are refused", async () => {
  const { stream_shapes: shapes } = await (await fetch(`${simulator.url}/_simulator/faults`)).json();
  assert.ok(shapes.length > 25);
  for (const shape of shapes) {
    const refused = [];
    for (const tools of [undefined, TOOLS]) {
      const text = await stream({ messages: ROWS[0].request.messages, tools }, { kind: "stream_shape", shape });
      try { strict(text, { usage: true }); } catch (error) { refused.push(error.message); }
    }
    // Without [DONE] or usage the strict reader misses its own rules, which are stricter than the clients'.
    const strictly = ["no_done", "usage_missing"].includes(shape) || !HARMLESS.includes(shape);
    assert.equal(refused.length > 0, strictly, `${shape}: ${refused}`);
  }
});
