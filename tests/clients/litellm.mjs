// LiteLLM's proxy with mock answers: an upstream that nobody here wrote.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const TEXT = "Zoë's parcel of €42.50 is due tomorrow.";
export const KEY = "sk-litellm";

const config = {
  model_list: [{ model_name: "mock", litellm_params: { model: "openai/mock", api_key: "none", mock_response: TEXT } }],
  litellm_settings: { telemetry: false },
  general_settings: { master_key: KEY },
};

/** Starts the proxy; `command` is LiteLLM's own. */
export async function startLitellm(command) {
  const folder = mkdtempSync(join(tmpdir(), "litellm-"));
  // YAML takes JSON.
  writeFileSync(join(folder, "config.yaml"), JSON.stringify(config));
  const port = await free();
  const child = spawn(command, ["--config", "config.yaml", "--host", "127.0.0.1", "--port", String(port)], {
    cwd: folder, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, LITELLM_LOCAL_MODEL_COST_MAP: "True" },
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => { log = (log + text).slice(-4000); });
  const url = `http://127.0.0.1:${port}`;
  const limit = Date.now() + 120_000;
  while (!(await fetch(`${url}/health/liveliness`).catch(() => undefined))?.ok) {
    if (child.exitCode !== null || Date.now() > limit) throw new Error(`LiteLLM's proxy did not start: ${log}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return {
    url,
    async stop() {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function free() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}
