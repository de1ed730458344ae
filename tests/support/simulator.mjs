// The simulator as a child process: the upstream of every test.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const BINARY = process.env.SIMULATOR ?? fileURLToPath(new URL("../../target/debug/promptgate-simulator", import.meta.url));

export async function startSimulator(...options) {
  const child = spawn(BINARY, ["--port", "0", "--exit-with-stdin", ...options], { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), "line"),
    once(child, "error").then(([error]) => { throw error; }),
  ]);
  const url = line.replace("listening on ", "");
  const control = async (path, body, method = body === undefined ? "GET" : "POST") => {
    const response = await fetch(`${url}/_simulator/${path}`, {
      method, body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`simulator ${path}: ${response.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  };
  return {
    url,
    /** Queues one fault for the chat endpoint, for as many requests as `times` (null: for ever). */
    fault: (fault, { on = "chat", times = 1 } = {}) => control("faults", [{ on, times, fault }]),
    openGate: () => control("gate", {}),
    stats: () => control("stats"),
    /** Waits until counters reach values: `wait({ aborted: 1 })`. */
    wait: (values, timeout_ms = 5000) => control(`wait?${new URLSearchParams({ ...values, timeout_ms })}`),
    requests: () => control("requests"),
    webhooks: () => control("webhooks"),
    expireTokens: () => control("expire-tokens", {}),
    reset: () => control("reset", {}),
    stop: async () => {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}
