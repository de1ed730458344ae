// The gateway in raw workerd, on a disk that can be full.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import workerd from "workerd";
import { freePort } from "../../bench/workerd.mjs";
import { configuration } from "../../scripts/workerd.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** What makes a disk full for one process alone, on Linux. */
export const PRLIMIT = ["/usr/bin/prlimit", "/bin/prlimit"].find(existsSync);

/** The gateway with its objects in `folder`: `{ url, fill, empty, kill, said }`. From `fill` to `empty` no byte is written. */
export async function startOnDisk(folder, environment) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  mkdirSync(`${folder}/objects`, { recursive: true });
  const file = `${folder}/workerd.capnp`;
  writeFileSync(file, configuration({
    build: `${relative(folder, `${root}worker/build`)}/`, wrangler: readFileSync(`${root}wrangler.toml`, "utf8"),
    address: `127.0.0.1:${port}`, objects: `${folder}/objects`, names: Object.keys(environment),
  }));
  // A write beyond the limit of a process's files is an error like that of a full disk where the signal for it is ignored.
  const child = spawn("bash", ["-c", `trap '' XFSZ; exec "$0" serve "$1"`, workerd.default ?? workerd, file], {
    stdio: ["ignore", "pipe", "pipe"], env: { PATH: process.env.PATH, ...environment },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => { said += text; });
  for (let tries = 0; !(await fetch(`${url}/healthz`).catch(() => undefined))?.ok; tries++) {
    if (tries > 500 || child.exitCode !== null) throw new Error(`workerd does not start: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const limit = (most) => execFileSync(PRLIMIT, ["--pid", String(child.pid), `--fsize=${most}:`]);
  return {
    url, said: () => said,
    fill: () => limit("0"),
    empty: () => limit("unlimited"),
    async kill() {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}
