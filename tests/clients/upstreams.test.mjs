// Upstreams by configuration alone, each as docs/upstreams.md shows it; the simulator plays the provider.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import OpenAI from "openai7";
import { startSimulator } from "../support/simulator.mjs";
import { assembled } from "./adapters/wire.mjs";
import { startOpenaiGateway } from "./gateway.mjs";
import { strict } from "./strict.mjs";
import { TOOLS } from "./table.mjs";

let simulator;
before(async () => { simulator = await startSimulator(); });
after(() => simulator?.stop());
beforeEach(() => simulator.reset());

const key = { credential: { secret: "PROVIDER_KEY" } };
const azure = { credential: { secret: "PROVIDER_KEY", header: "api-key" } };
const CONFIGURATIONS = {
  "OpenAI, Groq, OpenRouter, vLLM": () => ({ url: `${simulator.url}/v1`, ...key }),
  "Azure, one address for all models": () => ({ url: `${simulator.url}/openai/v1`, ...azure }),
  "Azure, deployments": () => ({ url: `${simulator.url}/openai/deployments/{model}?api-version=2024-10-21`, ...azure }),
};

const request = { model: "gpt-4o", messages: [{ role: "user", content: "Where is my parcel?" }] };
const SCRIPT = { kind: "answer", content: "Zoë, it is due tomorrow." };

async function both(gateway, model = request.model) {
  const client = new OpenAI({ baseURL: gateway.target.url, apiKey: gateway.target.key, maxRetries: 0 });
  const whole = await client.chat.completions.create({ ...request, model });
  const chunks = [];
  for await (const chunk of await client.chat.completions.create({ ...request, model, stream: true })) chunks.push(chunk);
  return [whole.choices[0].message.content, assembled(chunks).texts[0]];
}

/** What is each provider's own on this wire, as the simulator plays it. */
const OWN = {
  OpenRouter: { answer: { content: SCRIPT.content }, faults: [{ kind: "keep_alive", after_frames: 1, count: 3, interval_ms: 5 }, { kind: "stream_shape", shape: "comments" }] },
  Groq: { answer: { content: SCRIPT.content }, faults: [{ kind: "stream_shape", shape: "unknown_members" }], passes: /"x_groq":\{"id":"req_1"\}/ },
  vLLM: { answer: { content: SCRIPT.content, reasoning: "Let me look." }, faults: [{ kind: "stream_shape", shape: "usage_cumulative" }], reasoning: "Let me look." },
  Ollama: { tools: true, faults: [{ kind: "stream_shape", shape: "tool_index_zero" }],
    answer: { tool_calls: [{ name: "find_order", arguments: '{"order":"A-17"}' }, { name: "find_parcel", arguments: '{"parcel":"3"}' }], piece: 4 } },
};

test("what is each provider's own", async () => {
  const gateway = await startOpenaiGateway({ UPSTREAMS: JSON.stringify([{ name: "provider", wire: "openai", url: `${simulator.url}/v1`, ...key }]), PROVIDER_KEY: "dev-key" });
  try {
    for (const [name, { answer, faults, tools, passes, reasoning }] of Object.entries(OWN)) {
      await simulator.fault([{ kind: "answer", ...answer }, ...faults], { on: "openai_chat" });
      const functions = tools && { tools: TOOLS.map((tool) => ({ type: "function", function: tool })) };
      const response = await gateway.complete({ ...request, ...functions, stream: true, stream_options: { include_usage: true } });
      const text = await response.text();
      const { choices: [choice], usage } = strict(text, { usage: true });
      assert.equal(choice.content, answer.content ?? "", name);
      assert.deepEqual(choice.calls.map(({ name, arguments: text }) => ({ name, arguments: text })), answer.tool_calls ?? [], name);
      assert.equal(choice.reasoning, reasoning ?? "", name);
      assert.ok(usage.total_tokens > 0, name);
      if (passes) assert.match(text, passes, name);
    }
    // OpenRouter's credit is used up.
    await simulator.fault({ kind: "status", status: 402 }, { on: "openai_chat" });
    const response = await gateway.complete(request);
    assert.deepEqual([response.status, (await response.json()).error.code, response.headers.get("x-should-retry")], [429, "insufficient_quota", "false"]);
  } finally {
    await gateway.stop();
  }
});

for (const [name, upstream] of Object.entries(CONFIGURATIONS)) {
  // Row O2.
  test(name, async () => {
    const gateway = await startOpenaiGateway({
      UPSTREAMS: JSON.stringify([{ name: "provider", wire: "openai", ...upstream() }]), PROVIDER_KEY: "dev-key",
    });
    try {
      await simulator.fault(SCRIPT, { on: "openai_chat", times: 2 });
      assert.deepEqual(await both(gateway), [SCRIPT.content, SCRIPT.content]);
      assert.equal((await simulator.stats()).executions, 2);
      const sent = (await simulator.requests()).filter(({ endpoint }) => endpoint === "openai_chat");
      assert.ok(sent.every(({ headers }) => (headers["api-key"] ?? headers.authorization).includes("sha256:")));
      assert.ok(!gateway.lines.join().includes("dev-key"));
    } finally {
      await gateway.stop();
    }
  });
}

// Row O2.
test("a public name, its model at each upstream, and the next one where the first cannot be had", async () => {
  const gateway = await startOpenaiGateway({
    UPSTREAMS: JSON.stringify([
      { name: "away", wire: "openai", url: "http://127.0.0.1:1/v1", ...key },
      { name: "azure", wire: "openai", url: `${simulator.url}/openai/v1`, ...azure },
      { name: "openai", wire: "openai", url: `${simulator.url}/v1`, ...key },
    ]),
    MODELS: JSON.stringify([
      { name: "fast", targets: [{ upstream: "away", model: "x" }, { upstream: "azure", model: "gpt-4o-mini" }, { upstream: "openai", model: "gpt-4o" }] },
    ]),
    PROVIDER_KEY: "dev-key",
  });
  try {
    await simulator.fault({ kind: "status", status: 503 }, { on: "openai_chat" });
    await simulator.fault(SCRIPT, { on: "openai_chat", times: 3 });
    assert.deepEqual(await both(gateway, "fast"), [SCRIPT.content, SCRIPT.content]);
    const sent = (await simulator.requests()).filter(({ endpoint }) => endpoint === "openai_chat");
    assert.deepEqual(sent.map(({ path, body }) => [path, body.model]), [
      ["/openai/v1/chat/completions", "gpt-4o-mini"], ["/v1/chat/completions", "gpt-4o"], ["/openai/v1/chat/completions", "gpt-4o-mini"],
    ]);
    const client = new OpenAI({ baseURL: gateway.target.url, apiKey: gateway.target.key, maxRetries: 0 });
    const unknown = await client.chat.completions.create(request).catch((error) => error);
    assert.deepEqual([unknown.status, unknown.code], [404, "model_not_found"]);
  } finally {
    await gateway.stop();
  }
});
