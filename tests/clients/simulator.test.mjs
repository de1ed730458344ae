// The table against the simulator itself: what it writes is what these clients read, and what they send it accepts.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { startSimulator } from "../support/simulator.mjs";
import { CLIENTS } from "./clients.mjs";
import { ROWS, STATUSES } from "./table.mjs";

let simulator, target;
before(async () => {
  simulator = await startSimulator();
  target = { url: `${simulator.url}/v1`, key: "dev-key" };
});
after(async () => {
  for (const client of CLIENTS) await client.stop?.();
  await simulator?.stop();
});
beforeEach(() => simulator.reset());

const OPENAI = { on: "openai_chat" };
const script = (answer) => simulator.fault({ kind: "answer", ...answer }, OPENAI);
const failing = async (client, call) => client.failure(await call.then((done) => assert.fail(`no error: ${JSON.stringify(done)}`), (error) => error));

for (const client of CLIENTS) {
  for (const row of ROWS.filter(({ needs }) => !needs || client.can.includes(needs))) {
    for (const how of ["whole", "stream", "helper"].filter((how) => client[how] && !row.without?.includes(how))) {
      test(`${client.name}: ${row.name}, ${how}`, async () => {
        await script(row.answer);
        const { usage, reasoning, ...done } = await client[how](target, row.request);
        assert.deepEqual(done, row.expected);
        assert.ok(usage.input > 0 && usage.output > 0, JSON.stringify(usage));
        const [sent] = (await simulator.requests()).filter(({ endpoint }) => endpoint === "openai_chat");
        assert.ok(row.sent?.(sent.body) ?? true, sent.body_text);
        assert.equal((await simulator.stats()).executions, 1);
      });
    }
  }

  for (const how of ["whole", "stream"]) {
    test(`${client.name}: errors of every status, ${how}`, async () => {
      for (const { fault, code } of STATUSES) {
        await simulator.reset();
        await simulator.fault({ kind: "status", ...fault }, OPENAI);
        const failure = await failing(client, client[how](target, ROWS[0].request));
        assert.equal(failure.status, fault.status, JSON.stringify(failure));
        if (code) assert.equal(failure.code, code, JSON.stringify(failure));
        const { openai_chat, executions } = await simulator.stats();
        assert.deepEqual([openai_chat, executions], [1, 0], `${fault.status}`);
      }
      const failure = await failing(client, client[how]({ ...target, key: "wrong" }, ROWS[0].request));
      assert.deepEqual([failure.status, failure.code], [401, "invalid_api_key"]);
    });
  }

  test(`${client.name}: a stream that is cut or fails raises`, async () => {
    for (const fault of [
      { kind: "reset_mid_stream", after_frames: 3 },
      { kind: "reset_mid_stream", after_frames: 3, how: "close" },
      { kind: "error_frame", after_frames: 3, status: 503, code: "overloaded" },
    ]) {
      await simulator.fault(fault, OPENAI);
      const failure = await failing(client, client.stream(target, ROWS[0].request));
      assert.ok(failure.message, JSON.stringify(fault));
    }
  });

  if (client.can.includes("retries")) {
    test(`${client.name}: repeats what may be repeated, twice`, async () => {
      for (const { fault, repeated } of STATUSES) {
        // The AI SDK does not look at this header.
        if (client.name.startsWith("AI SDK") && fault.headers) continue;
        await simulator.reset();
        await simulator.fault({ kind: "status", ...fault, headers: { "retry-after-ms": "1", ...fault.headers } }, { ...OPENAI, times: null });
        await failing(client, client.whole({ ...target, retries: 2 }, ROWS[0].request));
        assert.equal((await simulator.stats()).openai_chat, repeated ? 3 : 1, JSON.stringify(fault));
      }
    });
  }

  if (client.can.includes("models")) {
    test(`${client.name}: models`, async () => {
      const { ids, one } = await client.models(target);
      assert.ok(ids.includes("gpt-4o-mini") && one === ids[0]);
    });
  }

  if (client.can.includes("embeddings")) {
    test(`${client.name}: embeddings`, async () => {
      const vectors = await client.embeddings(target, ["Where is my parcel?", "Hello"]);
      assert.deepEqual(vectors.map(({ length }) => length), [8, 8]);
      assert.ok(Math.abs(vectors[0].reduce((sum, x) => sum + x * x, 0) - 1) < 1e-5);
    });
  }
}
