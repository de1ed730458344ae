// LiteLLM's proxy with mock answers: a server of this wire that nobody here wrote.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import OpenAI from "openai7";
import { assembled } from "./adapters/wire.mjs";
import { python } from "./clients.mjs";
import { openai, startOpenaiGateway } from "./gateway.mjs";
import { KEY, TEXT, startLitellm } from "./litellm.mjs";

const command = python("litellm", "litellm");
const options = { skip: !command && "LiteLLM is not installed here" };
if (!command) console.log("\u001b[1;33mSKIPPED\u001b[0m every test of LiteLLM's proxy: it is not installed here");

let litellm, gateway;
before(async () => {
  if (!command) return;
  litellm = await startLitellm(command);
  gateway = await startOpenaiGateway(openai(`${litellm.url}/v1`, KEY));
});
after(async () => {
  await gateway?.stop();
  await litellm?.stop();
});

const request = { model: "mock", messages: [{ role: "user", content: "Where is my parcel?" }] };

for (const [name, target] of [["itself", () => ({ baseURL: `${litellm.url}/v1`, apiKey: KEY })], ["behind the gateway", () => ({ baseURL: gateway.target.url, apiKey: gateway.target.key })]]) {
  test(`${name}, whole and streamed`, options, async () => {
    const client = new OpenAI({ ...target(), maxRetries: 0 });
    const whole = await client.chat.completions.create(request);
    assert.equal(whole.choices[0].message.content, TEXT);
    assert.ok(whole.usage.total_tokens > 0);
    const chunks = [];
    for await (const chunk of await client.chat.completions.create({ ...request, stream: true, stream_options: { include_usage: true } })) chunks.push(chunk);
    const { texts, finish, usage } = assembled(chunks);
    assert.deepEqual([texts, finish], [[TEXT], "stop"]);
    assert.ok(usage.output > 0);
    const missing = await client.chat.completions.create({ ...request, model: "none" }).catch((error) => error);
    assert.ok(missing.status >= 400 && missing.status < 500, `${missing.status}`);
  });
}
