// README.md and docs/openai.md show what examples/openai/guard.py prints.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startSimulator } from "../support/simulator.mjs";
import { python } from "./clients.mjs";
import { GUARDS, openai, startOpenaiGateway } from "./gateway.mjs";

const interpreter = python("python", "python");
const path = (relative) => fileURLToPath(new URL(`../../${relative}`, import.meta.url));

test("the guard, as the official SDK sees it", { skip: !interpreter && "there is no Python here" }, async () => {
  const simulator = await startSimulator();
  const gateway = await startOpenaiGateway({ ...openai(`${simulator.url}/v1`), ...GUARDS });
  try {
    for (const answer of [
      { content: "Customer 7 is Zoë." },
      { tool_calls: [{ name: "deploy", arguments: JSON.stringify({ token: "AKIAIOSFODNN7EXAMPLQ" }) }], piece: 4 },
    ]) await simulator.fault({ kind: "answer", ...answer }, { on: "openai_chat" });
    const env = { ...process.env, OPENAI_BASE_URL: gateway.target.url, OPENAI_API_KEY: gateway.target.key };
    const { stdout } = await promisify(execFile)(interpreter, [path("examples/openai/guard.py")], { env, encoding: "utf8" });
    const sent = (await simulator.requests()).find(({ endpoint }) => endpoint === "openai_chat");
    if (process.env.SHOW) console.log(stdout, sent.body.messages[2].content);
    for (const page of ["README.md", "docs/openai.md"]) assert.ok(readFileSync(path(page), "utf8").includes(stdout.trim()), `${page}: ${stdout}`);
    const shown = readFileSync(path("docs/openai.md"), "utf8");
    assert.ok(shown.includes(sent.body.messages[2].content), sent.body.messages[2].content);
  } finally {
    await gateway.stop();
    await simulator.stop();
  }
});
