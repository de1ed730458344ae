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
    /** Queues one fault for an endpoint (default: chat), for as many requests as `times` (null: for ever). */
    fault: (fault, { on = "chat", times = 1 } = {}) => control("faults", [{ on, times, fault }]),
    openGate: () => control("gate", {}),
    stats: () => control("stats"),
    /** Waits until counters reach values: `wait({ aborted: 1 })`. */
    wait: (values, timeout_ms = 5000) => control(`wait?${new URLSearchParams({ ...values, timeout_ms })}`),
    requests: () => control("requests"),
    webhooks: () => control("webhooks"),
    /** Another writer sets members just before the next `times` writes: `otherWriter("template_put", { name: "x" })`. */
    otherWriter: (on, set = {}, times = 1) =>
      control("faults", [{ on, times, fault: { kind: "concurrent_write", set } }]),
    /** What is kept of "templates", "prompts", "models" or "usage", with counts of accepted writes. */
    kept: (family) => control(family),
    /** Puts documents of a family directly, unchecked, as another writer. */
    put: (family, documents) => control(family, documents),
    /** How models come to life that are made from now on: `{ polls: 2 }` or `{ statuses: ["PENDING", "FAILED"] }`. */
    provisioning: (settings) => control("provisioning", settings),
    /** The scopes the client has, for its tokens too; null: all. */
    scopes: (scopes) => control("scopes", { scopes }),
    expireTokens: () => control("expire-tokens", {}),
    reset: () => control("reset", {}),
    stop: async () => {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}
