// Upstreams by configuration alone, each as docs/openai.md shows it; the simulator plays the provider.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import OpenAI from "openai7";
import { startSimulator } from "../support/simulator.mjs";
import { assembled } from "./adapters/wire.mjs";
import { startOpenaiGateway } from "./gateway.mjs";

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
