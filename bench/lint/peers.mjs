// The package beside promptlint-cli (PyPI) on the same prompts: `node bench/lint/peers.mjs PACKAGE PYTHON FOLDER`: where
// the package is installed, the peer's Python, and what texts.mjs wrote. In process, and as whole processes of both
// command lines.
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";

const [installed, python, folder] = process.argv.slice(2);
const api = await import(join(installed, "dist/node.js"));
await api.init();
await api.loadVocabulary("o200k_base");
const cli = join(installed, "dist/cli/main.cjs");
const files = readdirSync(folder).filter((name) => name.endsWith(".txt")).map((name) => join(folder, name));

function least(run, times) {
  let best = Infinity;
  for (; times > 0; times--) {
    const start = process.hrtime.bigint();
    run();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / 1e6);
  }
  return best;
}
const command = (program, ...args) => {
  const { error, status, stderr } = spawnSync(program, args);
  // 0 and 1: nothing found, and something
  if (error || status > 2) throw error ?? new Error(`${program}: ${stderr}`);
};

const theirs = JSON.parse(execFileSync(python, [join(import.meta.dirname, "peer.py"), ...files]));
console.log("| in one process | promptgate, Wasm | promptlint-cli 1.3.0 | ratio |\n|---|--:|--:|--:|");
const row = (file, ours, other) =>
  console.log(`| ${file.slice(folder.length + 1, -4).replaceAll("-", " ")} | ${ours.toFixed(2)} ms | ${other.toFixed(1)} ms | ${(other / ours).toFixed(1)} |`);
for (const file of files) {
  const text = readFileSync(file, "utf8");
  row(file, least(() => api.lint(text), 30), theirs[file]);
}
console.log("\n| whole process | promptgate lint | promptlint-cli 1.3.0 | ratio |\n|---|--:|--:|--:|");
for (const file of files) {
  const ours = least(() => command(process.execPath, cli, "lint", file, "--format", "json"), 5);
  row(file, ours, least(() => command(join(dirname(python), "promptlint"), "--file", file, "--format", "json"), file.includes("64") ? 2 : 5));
}
