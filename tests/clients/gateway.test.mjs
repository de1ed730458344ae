// The table through the gateway: the official clients change their base address and their key, nothing else.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { startSimulator } from "../support/simulator.mjs";
import { CLIENTS } from "./clients.mjs";
import { openai, startOpenaiGateway } from "./gateway.mjs";
import { ROWS, STATUSES } from "./table.mjs";

let simulator, gateway;
before(async () => {
  simulator = await startSimulator();
  gateway = await startOpenaiGateway(openai(`${simulator.url}/v1`));
});
after(async () => {
  for (const client of CLIENTS) await client.stop?.();
  await gateway?.stop();
  await simulator?.stop();
});
beforeEach(async () => {
  await simulator.reset();
  gateway.lines.length = 0;
});

const OPENAI = { on: "openai_chat" };
const script = (answer) => simulator.fault({ kind: "answer", ...answer }, OPENAI);
const failing = async (client, call) => client.failure(await call.then((done) => assert.fail(`no error: ${JSON.stringify(done)}`), (error) => error));

/** What each status of the upstream becomes: ours, its code, and how often the upstream is asked. */
const BECOMES = {
  400: [400, "context_length_exceeded"], 401: [424], 403: [424], 404: [404, "model_not_found"], 413: [413], 422: [422],
  429: [429, "rate_limit_exceeded"], 500: [502], 502: [503], 503: [503],
};

for (const client of CLIENTS) {
  for (const row of ROWS.filter(({ needs }) => !needs || client.can.includes(needs))) {
    for (const how of ["whole", "stream", "helper"].filter((how) => client[how] && !row.without?.includes(how))) {
      // Row O1.
      test(`${client.name}: ${row.name}, ${how}`, async () => {
        await script(row.answer);
        const { usage, reasoning, ...done } = await client[how](gateway.target, row.request);
        assert.deepEqual(done, row.expected);
        assert.ok(usage.input > 0 && usage.output > 0, JSON.stringify(usage));
        const [sent] = (await simulator.requests()).filter(({ endpoint }) => endpoint === "openai_chat");
        assert.ok(row.sent?.(sent.body) ?? true, sent.body_text);
        assert.equal((await simulator.stats()).executions, 1);
        const [audit] = await gateway.rows();
        assert.deepEqual([audit.outcome, audit.attempts, audit.tokens.prompt, audit.tokens.completion], ["success", 1, usage.input, usage.output]);
      });
    }
  }

  for (const how of ["whole", "stream"]) {
    // Rows O1, O6.
    test(`${client.name}: errors of every status, ${how}`, async () => {
      for (const { fault } of STATUSES) {
        await simulator.reset();
        // A short wait is waited for here; a long one is the client's to decide.
        await simulator.fault({ kind: "status", ...fault, ...(fault.status === 429 && { retry_after: 600 }) }, OPENAI);
        const failure = await failing(client, client[how](gateway.target, ROWS[0].request));
        const [status, code] = BECOMES[fault.status];
        assert.equal(failure.status, status, `${JSON.stringify(fault)} ${JSON.stringify(failure)}`);
        if (code) assert.equal(failure.code, fault.code ?? code, JSON.stringify(failure));
        const { openai_chat, executions } = await simulator.stats();
        assert.deepEqual([openai_chat, executions], [1, 0], `${fault.status}`);
        await gateway.recover();
      }
      await simulator.reset();
      const stranger = await failing(client, client[how]({ ...gateway.target, key: "wrong" }, ROWS[0].request));
      assert.deepEqual([stranger.status, stranger.code], [401, "invalid_api_key"]);
      const card = { messages: [{ role: "user", text: "my card is 4111 1111 1111 1111" }] };
      const refused = await failing(client, client[how](gateway.target, card));
      assert.deepEqual([refused.status, refused.code], [400, "content_filter"]);
      assert.ok(!JSON.stringify(refused).includes("4111"));
      assert.equal((await simulator.stats()).openai_chat, 0, "a refusal costs nothing upstream");
    });
  }

  test(`${client.name}: a stream that is cut, fails or just stops raises`, async () => {
    for (const fault of [
      { kind: "reset_mid_stream", after_frames: 30 },
      { kind: "reset_mid_stream", after_frames: 30, how: "close" },
      { kind: "error_frame", after_frames: 30, status: 503, code: "overloaded" },
      { kind: "error_frame", after_frames: 30, form: "beside" },
      { kind: "error_frame", after_frames: 30, form: "finish" },
      { kind: "error_frame", after_frames: 0, status: 503 },
      { kind: "no_terminal" },
    ]) {
      await simulator.fault(fault, OPENAI);
      const failure = await failing(client, client.stream(gateway.target, ROWS[0].request));
      assert.ok(failure.message, JSON.stringify(fault));
      await gateway.recover();
    }
  });

  if (client.can.includes("retries")) {
    // Row O6.
    test(`${client.name}: does not repeat what cannot succeed`, async () => {
      for (const { fault } of STATUSES) {
        // The AI SDK does not look at `x-should-retry`.
        if (client.name.startsWith("AI SDK") && BECOMES[fault.status][0] >= 429) continue;
        await simulator.reset();
        await simulator.fault({ kind: "status", ...fault, retry_after: fault.status === 429 ? 600 : undefined }, { ...OPENAI, times: null });
        await failing(client, client.whole({ ...gateway.target, retries: 2 }, ROWS[0].request));
        assert.equal((await simulator.stats()).openai_chat, 1, JSON.stringify(fault));
        await simulator.reset();
        await gateway.recover();
      }
    });
  }

  if (client.can.includes("models")) {
    test(`${client.name}: models`, async () => {
      const { ids, one } = await client.models(gateway.target);
      assert.ok(ids.length > 0 && one === ids[0]);
    });
  }

  if (client.can.includes("embeddings")) {
    test(`${client.name}: embeddings`, async () => {
      const vectors = await client.embeddings(gateway.target, ["Where is my parcel?", "Hello"]);
      assert.deepEqual(vectors.map(({ length }) => length), [8, 8]);
    });
  }
}
