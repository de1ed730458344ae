// Every client there is here.
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import OpenAI6 from "openai6";
import OpenAI7 from "openai7";
import { aiSdk } from "./adapters/ai-sdk.mjs";
import { langchain } from "./adapters/langchain.mjs";
import { openaiNode } from "./adapters/openai-node.mjs";
import { openaiPython } from "./adapters/openai-python.mjs";

/** A command of a Python environment that scripts/clients has made, if it could. */
export function python(name, command) {
  const path = fileURLToPath(new URL(`../../target/clients/${name}/bin/${command}`, import.meta.url));
  return existsSync(path) ? path : undefined;
}

const interpreter = python("python", "python");

export const CLIENTS = [
  openaiNode("openai-node 6", OpenAI6),
  openaiNode("openai-node 7", OpenAI7),
  aiSdk("AI SDK, openai", ({ url, key }) => createOpenAI({ baseURL: url, apiKey: key }).chat("gpt-4o-mini")),
  aiSdk("AI SDK, openai-compatible", ({ url, key }) => createOpenAICompatible({
    name: "openai", baseURL: url, apiKey: key, includeUsage: true, supportsStructuredOutputs: true,
  })("gpt-4o-mini")),
  langchain(),
  ...(interpreter ? [openaiPython(interpreter)] : []),
];
if (!interpreter) console.log("\u001b[1;33mSKIPPED\u001b[0m every test of openai-python: it is not installed here");
