// LiteLLM's proxy with mock answers: a server of this wire that nobody here wrote.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import OpenAI from "openai7";
import { assembled } from "./adapters/wire.mjs";
import { python } from "./clients.mjs";
import { KEY, TEXT, startLitellm } from "./litellm.mjs";

const command = python("litellm", "litellm");
const options = { skip: !command && "LiteLLM is not installed here" };
if (!command) console.log("\u001b[1;33mSKIPPED\u001b[0m every test of LiteLLM's proxy: it is not installed here");

let litellm;
before(async () => { if (command) litellm = await startLitellm(command); });
after(() => litellm?.stop());

const request = { model: "mock", messages: [{ role: "user", content: "Where is my parcel?" }] };

test("itself, whole and streamed", options, async () => {
  const client = new OpenAI({ baseURL: `${litellm.url}/v1`, apiKey: KEY, maxRetries: 0 });
  const whole = await client.chat.completions.create(request);
  assert.equal(whole.choices[0].message.content, TEXT);
  const chunks = [];
  for await (const chunk of await client.chat.completions.create({ ...request, stream: true })) chunks.push(chunk);
  assert.equal(assembled(chunks).texts[0], TEXT);
});
