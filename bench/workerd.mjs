// The built Worker in raw workerd as it is deployed: every Durable Object bound, on disk; its upstream is the simulator.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { relative } from "node:path";
import { createInterface } from "node:readline";
import workerd from "workerd";

// Node.js 20 has no WebSocket of its own.
const { WebSocket } = createRequire(createRequire(import.meta.url).resolve("miniflare"))("undici");
const root = new URL("../", import.meta.url).pathname;
const wrangler = readFileSync(`${root}wrangler.toml`, "utf8");
const setting = (name) => JSON.parse(new RegExp(`^${name} = (.*)$`, "m").exec(wrangler)[1]);
const objects = [...wrangler.matchAll(/^name = "([A-Z_]+)"\nclass_name = "(\w+)"$/gm)].map(([, name, className]) => ({ name, className }));
export const digest = (key) => createHash("sha256").update(key).digest("hex");

/** The simulator: `{ url, stop }`; `options` are those of its command line. */
export async function startSimulator(...options) {
  const binary = process.env.SIMULATOR ?? `${root}target/release/promptgate-simulator`;
  const child = spawn(binary, ["--exit-with-stdin", ...options], { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  return { url: line.replace("listening on ", ""), stop: () => child.stdin.end() };
}

/** Resident memory of a process, in MB. */
export const memory = (pid) => Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024);

/** CPU time that a process and those it has started have used so far, in ms; Linux counts hundredths of a second. */
export function cpu(pid) {
  const own = (pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "").split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10;
  };
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean);
  return own(pid) + children.reduce((sum, child) => sum + cpu(child), 0);
}

/** A port that is free now. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** The classes of the Worker's objects. */
export const classNames = objects.map(({ className }) => className);

/**
 * The gateway: `{ url, pid, memory(), stop }`; `bindings` are its settings, `onDisk: false` binds no objects. With `script`,
 * a file, that Worker instead of ours, ready when it answers; with our objects and our Wasm only where that is asked for.
 * One that is `inspected` can collect its garbage: `collect()`.
 */
export async function startWorkerd(bindings, { script, onDisk = !script, wasm = !script, inspected = false } = {}) {
  mkdirSync(`${root}target`, { recursive: true });
  const folder = mkdtempSync(`${root}target/bench-workerd-`);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  mkdirSync(`${folder}/objects`);
  const list = (items) => `[${items.join(", ")}]`;
  const text = Object.entries(bindings).map(([name, value]) => `(name = "${name}", text = ${JSON.stringify(value)})`);
  const bound = onDisk ? objects.map(({ name, className }) => `(name = "${name}", durableObjectNamespace = "${className}")`) : [];
  const classes = objects.map(({ className }) => `(className = "${className}", uniqueKey = "${className}", enableSql = true)`);
  writeFileSync(`${folder}/config.capnp`, `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["public", "private", "local"])),
    (name = "objects", disk = (path = "${folder}/objects", writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = ${list([
    `(name = "index.js", esModule = embed ${JSON.stringify(script ? relative(folder, script) : "../../worker/build/index.js")})`,
    ...(wasm ? [`(name = "./index_bg.wasm", wasm = embed "../../worker/build/index_bg.wasm")`] : []),
  ])},
  compatibilityDate = "${setting("compatibility_date")}",
  compatibilityFlags = ${JSON.stringify(setting("compatibility_flags"))},
  bindings = ${list([...text, ...bound])},
  ${onDisk ? `durableObjectNamespaces = ${list(classes)},\n  durableObjectStorage = (localDisk = "objects"),` : ""}
);
`);
  const began = performance.now();
  const inspector = inspected ? [`--inspector-addr=127.0.0.1:${await freePort()}`] : [];
  const child = spawn(workerd.default ?? workerd, ["serve", ...inspector, `${folder}/config.capnp`], { stdio: ["ignore", "ignore", "pipe"] });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text) => { complaints = (complaints + text).slice(-4_000); });
  for (let tries = 0; ; tries++) {
    if ((await fetch(`${url}/healthz`).catch(() => undefined))?.ok) break;
    if (tries > 2_000 || child.exitCode !== null) throw new Error(`workerd does not start: ${complaints}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return {
    url,
    pid: child.pid,
    /** From the process's start to its first answer, in ms. */
    started: performance.now() - began,
    memory: () => memory(child.pid),
    /** Has V8 collect all garbage; gives the live heap of JavaScript and its buffers, Wasm's memory among them, in MB. */
    async collect() {
      const socket = new WebSocket(`ws://${inspector[0].split("=")[1]}/main`);
      await new Promise((open, fail) => Object.assign(socket, { onopen: open, onerror: fail }));
      const usage = await new Promise((done) => {
        socket.onmessage = ({ data }) => {
          const { id, result } = JSON.parse(data);
          if (id === 3) done(result);
        };
        ["HeapProfiler.collectGarbage", "HeapProfiler.collectGarbage", "Runtime.getHeapUsage"].forEach((method, at) =>
          socket.send(JSON.stringify({ id: at + 1, method })));
      });
      socket.close();
      return Math.round((usage.usedSize + usage.backingStorageSize) / 2 ** 20);
    },
    async stop() {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
