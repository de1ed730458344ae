// The gateways that ours is measured beside: Portkey (npm) and LiteLLM's proxy (PyPI), each as its own command starts it.
// Installed once, outside of the repository; one that cannot be installed is said and left out.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { freePort, memory } from "./workerd.mjs";

const cache = process.env.PROMPTGATE_BENCH_CACHE ?? `${process.env.XDG_CACHE_HOME ?? `${homedir()}/.cache`}/promptgate/bench`;
// Together they stream: with a later `@hono/node-server`, which Portkey would take, every stream is a 500.
const PORTKEY = { dependencies: { "@portkey-ai/gateway": "1.15.2" }, overrides: { "@hono/node-server": "1.13.8" } };
const LITELLM = readFileSync(new URL("../tests/clients/litellm.txt", import.meta.url), "utf8").match(/^litellm.*$/m)[0];

const quietly = { stdio: ["ignore", "ignore", "pipe"] };

function install(name, ready, steps) {
  if (existsSync(ready)) return true;
  try {
    steps();
    return existsSync(ready);
  } catch (error) {
    console.log(`!! SKIPPED ${name}: it could not be installed (${String(error.stderr || error.message).trim().split("\n").at(-1)})`);
    return false;
  }
}

async function started(name, command, parameters, port, path, { cwd, env, wait = 60_000 } = {}) {
  const child = spawn(command, parameters, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => { said = (said + text).slice(-2_000); });
  const url = `http://127.0.0.1:${port}`;
  for (const until = Date.now() + wait; ;) {
    if ((await fetch(url + path).catch(() => undefined))?.ok) break;
    if (child.exitCode !== null || Date.now() > until) {
      child.kill("SIGKILL");
      console.log(`!! SKIPPED ${name}: it did not start: ${said.trim().split("\n").at(-1)}`);
      return undefined;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    name, url, pid: child.pid, memory: () => memory(child.pid),
    async stop() {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}

/** Portkey's gateway; where it sends a request is said by that. */
export async function startPortkey() {
  const folder = `${cache}/portkey-1.15.2-1.13.8`;
  const server = `${folder}/node_modules/@portkey-ai/gateway/build/start-server.js`;
  const installed = install("Portkey", server, () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/package.json`, JSON.stringify({ private: true, ...PORTKEY }));
    execFileSync("npm", ["install", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts"], quietly);
  });
  if (!installed) return undefined;
  const port = await freePort();
  return started("Portkey", process.execPath, [server, "--headless", `--port=${port}`], port, "/", { env: { NODE_ENV: "production" } });
}

/** LiteLLM's proxy with one worker, in front of `upstreams`: OpenAI's wire by the name of its model there. */
export async function startLitellm(upstreams, key) {
  const folder = `${cache}/litellm`;
  const shared = new URL("../target/clients/litellm/bin/litellm", import.meta.url).pathname;
  const own = `${folder}/bin/litellm`;
  const installed = existsSync(shared) || install("LiteLLM", own, () => {
    execFileSync("python3", ["-m", "venv", folder], quietly);
    execFileSync(`${folder}/bin/pip`, ["install", "--quiet", "--only-binary", ":all:", LITELLM], quietly);
  });
  if (!installed) return undefined;
  const port = await freePort();
  const cwd = mkdtempSync(`${tmpdir()}/litellm-`);
  // YAML takes JSON.
  writeFileSync(`${cwd}/config.yaml`, JSON.stringify({
    model_list: Object.entries(upstreams).map(([name, url]) => ({
      model_name: name, litellm_params: { model: `openai/${name}`, api_base: `${url}/v1`, api_key: key },
    })),
    litellm_settings: { telemetry: false, drop_params: false }, general_settings: { master_key: "sk-bench" },
  }));
  const peer = await started("LiteLLM", existsSync(shared) ? shared : own,
    ["--config", "config.yaml", "--host", "127.0.0.1", "--port", String(port), "--num_workers", "1"], port, "/health/liveliness",
    { cwd, wait: 120_000, env: { LITELLM_LOCAL_MODEL_COST_MAP: "True", LITELLM_LOG: "ERROR" } });
  const stop = peer?.stop;
  return peer && { ...peer, async stop() { await stop(); rmSync(cwd, { recursive: true, force: true }); } };
}
