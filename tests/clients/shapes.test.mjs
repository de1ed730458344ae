// Stream shapes × front: whatever an upstream's stream looks like, and however it is cut, the client gets the same
// events, written so that the strictest client reads them.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { startSimulator } from "../support/simulator.mjs";
import { body } from "./adapters/wire.mjs";
import { openai, startOpenaiGateway } from "./gateway.mjs";
import { strict } from "./strict.mjs";
import { TOOLS } from "./table.mjs";

let simulator, gateway;
before(async () => {
  simulator = await startSimulator();
  gateway = await startOpenaiGateway(openai(`${simulator.url}/v1`));
});
after(async () => {
  await gateway?.stop();
  await simulator?.stop();
});
beforeEach(() => simulator.reset());

const messages = [{ role: "user", text: "Where is my parcel?" }];
const ANSWERS = {
  text: { request: { messages }, answer: { content: "Zoë, it left Orléans at 06:10. 📦", reasoning: "Let me look at it." } },
  choices: { request: { messages, n: 2 }, answer: { content: ["Tomorrow before noon.", "Not before Friday."] } },
  calls: { request: { messages, tools: TOOLS }, answer: { piece: 3, tool_calls: [
    { name: "find_order", arguments: '{"order":"A-17 größer"}' }, { name: "find_parcel", arguments: '{"parcel":"00340 €"}' }] } },
};
/** Bytes on the wire: each alone, and some together with each shape. */
const CUTS = [[], ["one_byte_chunks"], ["split_utf8"], ["crlf"], ["crlf", "one_byte_chunks"], ["bom"], ["blank_lines"], ["no_final_newline"]];

async function stream({ request, answer }, faults, usage = true) {
  await simulator.fault([{ kind: "answer", ...answer }, ...faults], { on: "openai_chat" });
  const sent = body(request, true);
  if (!usage) delete sent.stream_options;
  const response = await gateway.complete(sent);
  const text = await response.text();
  assert.equal(response.status, 200, text);
  assert.match(response.headers.get("content-type"), /^text\/event-stream/);
  assert.equal(response.headers.get("cache-control"), "no-store, no-transform");
  assert.equal(response.headers.get("x-accel-buffering"), "no");
  return strict(text, { usage });
}

const said = ({ choices }) => choices.map(({ content, reasoning, refusal, calls, finish }) => ({
  content, reasoning, refusal, finish, calls: calls.map(({ name, arguments: text }) => ({ name, arguments: text })),
}));

for (const [name, row] of Object.entries(ANSWERS)) {
  test(`${name}: every shape, and every cut of it, says the same`, async () => {
    const { stream_shapes: shapes } = await (await fetch(`${simulator.url}/_simulator/faults`)).json();
    const plain = said(await stream(row, []));
    assert.ok(plain[0].content || plain[0].calls.length === 2, JSON.stringify(plain));
    const wrong = [];
    for (const shape of [undefined, ...shapes]) {
      for (const cuts of shape ? CUTS.slice(0, 2) : CUTS) {
        const faults = [...(shape ? [{ kind: "stream_shape", shape }] : []), ...cuts.map((kind) => ({ kind }))];
        try {
          // Deltas of interleaved calls without a number have no owner.
          assert.deepEqual(said(await stream(row, faults, shape !== "usage_missing")), plain);
        } catch (error) {
          wrong.push(`${shape} ${cuts}: ${error.message.slice(0, 400)}`);
        }
      }
    }
    assert.deepEqual(wrong, []);
  });
}

test("usage only where it was asked for, whatever the upstream says", async () => {
  for (const shape of ["usage_on_finish", "usage_twice", "usage_cumulative", "usage_with_choice"]) {
    const { chunks } = await stream(ANSWERS.text, [{ kind: "stream_shape", shape }], false);
    assert.ok(chunks.every(({ usage }) => usage == null), shape);
  }
});

test("a keep-alive is life, and becomes a ping or nothing", async () => {
  const { choices } = await stream(ANSWERS.text, [{ kind: "keep_alive", after_frames: 3, count: 20, interval_ms: 5 }]);
  assert.equal(choices[0].content, ANSWERS.text.answer.content);
});

test("an error before the content is a status, one after it ends the stream", async () => {
  for (const form of ["error", "beside", "finish"]) {
    await simulator.fault({ kind: "error_frame", after_frames: 0, status: 503, form }, { on: "openai_chat" });
    const early = await gateway.complete(body(ANSWERS.text.request, true));
    assert.ok(early.status >= 500, `${form} ${early.status}`);
    assert.equal(typeof (await early.json()).error.message, "string");
    await simulator.fault({ kind: "error_frame", after_frames: 60, status: 503, form }, { on: "openai_chat" });
    const late = await gateway.complete(body(ANSWERS.text.request, true));
    const { error, choices } = strict(await late.text(), { usage: true });
    assert.ok(error && choices[0].content.length > 20, form);
    await gateway.recover();
  }
});
