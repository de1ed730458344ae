// The gateway as a service (`npm run serve`): raw workerd, its objects on disk.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { ADMIN, AUDITOR, KEY, MANAGER, digest } from "./gateway.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));

/**
 * The service with its objects in `data`, when it says that it is there: `{ url, child, ended, said, ask, kill }`.
 */
export async function startService(simulator, data, environment = {}) {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  const child = spawn(process.execPath, ["scripts/serve.mjs"], {
    cwd: root, stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env.PATH, PORT: String(port), DATA: data, UPSTREAM_CLIENT_ID: "dev-client", UPSTREAM_CLIENT_SECRET: "dev-secret",
      CLIENT_KEYS: `acme:${digest(KEY)} acme:${digest(MANAGER)}:manage acme:${digest(AUDITOR)}:audit platform:${digest(ADMIN)}:admin`,
      UPSTREAM_API_URL: simulator.url, UPSTREAM_LOGIN_URL: simulator.url, ...environment,
    },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => { said += text; });
  const ended = once(child, "exit").then(([code]) => ({ code, said }));
  await new Promise((resolve) => {
    child.stderr.on("data", () => /Promptgate (is )?at/.test(said) && resolve());
    child.on("exit", resolve);
  });
  const url = `http://127.0.0.1:${port}`;
  return {
    url, child, ended, said: () => said,
    /** Any request: `{ status, headers, body }`, the body parsed where it is JSON. */
    async ask(method, path, body, key = ADMIN) {
      const response = await fetch(url + path, {
        method, body: body && JSON.stringify(body),
        headers: { authorization: `Bearer ${key}`, ...(body && { "content-type": "application/json" }) },
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: /^application\/(problem\+)?json/.test(response.headers.get("content-type")) ? JSON.parse(text) : text };
    },
    /** Ends workerd as a crash would, by SIGKILL. */
    async kill() {
      const table = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n").map((row) => row.trim().split(/\s+/).map(Number));
      for (const [pid, parent] of table) if (parent === child.pid) process.kill(pid, "SIGKILL");
      await ended;
    },
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
