// Every client there is here.
import * as provider7 from "@ai-sdk/openai";
import * as compatible7 from "@ai-sdk/openai-compatible";
import * as ai7 from "ai";
import * as ai6 from "ai6";
import * as provider6 from "ai6-openai";
import * as compatible6 from "ai6-openai-compatible";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import OpenAI6 from "openai6";
import OpenAI7 from "openai7";
import { aiSdk } from "./adapters/ai-sdk.mjs";
import { langchain } from "./adapters/langchain.mjs";
import { langchainPython } from "./adapters/langchain-python.mjs";
import { openaiNode } from "./adapters/openai-node.mjs";
import { openaiPython } from "./adapters/openai-python.mjs";

/** A command of a Python environment that scripts/clients has made, if it could. */
export function python(name, command) {
  const path = fileURLToPath(new URL(`../../target/clients/${name}/bin/${command}`, import.meta.url));
  return existsSync(path) ? path : undefined;
}

const pythons = [
  ["openai-python 1", "python1", openaiPython], ["openai-python 2", "python2", openaiPython],
  ["openai-python 3", "python", openaiPython], ["langchain for Python", "langchain", langchainPython],
].map(([name, environment, adapter]) => [name, python(environment, "python"), adapter]);
const aiSdks = (major, ai, { createOpenAI }, { createOpenAICompatible }) => [
  aiSdk(`AI SDK ${major}, openai`, ai, ({ url, key }) => createOpenAI({ baseURL: url, apiKey: key }).chat("gpt-4o-mini")),
  aiSdk(`AI SDK ${major}, openai-compatible`, ai, ({ url, key }) => createOpenAICompatible({
    name: "openai", baseURL: url, apiKey: key, includeUsage: true, supportsStructuredOutputs: true,
  })("gpt-4o-mini")),
];

export const CLIENTS = [
  openaiNode("openai-node 6", OpenAI6),
  openaiNode("openai-node 7", OpenAI7),
  ...aiSdks(6, ai6, provider6, compatible6),
  ...aiSdks(7, ai7, provider7, compatible7),
  langchain(),
  ...pythons.filter(([, interpreter]) => interpreter).map(([name, interpreter, adapter]) => adapter(name, interpreter)),
];
for (const [name, interpreter] of pythons) {
  if (!interpreter) console.log(`\u001b[1;33mSKIPPED\u001b[0m every test of ${name}: it is not installed here`);
}
