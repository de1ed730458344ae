// The package as packed, installed into a project of its own; and what is needed to run that project.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";

export const HERE = dirname(fileURLToPath(import.meta.url));
export const ROOT = join(HERE, "../..");
export const ARCHIVE = join(ROOT, "target/promptgate.tgz");

/** A fresh folder with the package installed and the files of `project/`. */
export function install(name) {
  const folder = join(ROOT, "target/package-tests", name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), `{ "private": true, "type": "module" }\n`);
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error", ARCHIVE], { cwd: folder, stdio: "inherit" });
  cpSync(join(HERE, "project"), folder, { recursive: true });
  const probe = readFileSync(join(HERE, "project/probe.mjs"), "utf8");
  writeFileSync(join(folder, "probe.cjs"), transformSync(probe, { format: "cjs" }).code);
  return folder;
}

/** Runs a command and gives its output; what it says is the message where it fails. */
export function run(command, args, options = {}) {
  const done = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 26, ...options });
  if (done.error) throw done.error;
  if (done.status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${done.status}\n${done.stdout}\n${done.stderr}`);
  return done.stdout;
}

/** A command of the tools of these tests. */
export const tool = (name) => join(HERE, "node_modules/.bin", name);

/** Every Node.js on the path, by version: the workspace's own, and the machine's. */
export function nodes() {
  const found = new Map();
  for (const folder of process.env.PATH.split(delimiter)) {
    const node = join(folder, "node");
    if (!existsSync(node)) continue;
    const version = spawnSync(node, ["--version"], { encoding: "utf8" }).stdout?.trim();
    if (version && !found.has(version)) found.set(version, node);
  }
  return found;
}
