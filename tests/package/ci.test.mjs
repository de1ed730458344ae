// A CI job of another repository that has the package from its archive: what it says, and how it ends.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { TEN, TEXT } from "../support/ten-mistakes.mjs";
import { install } from "./support.mjs";

const folder = install("ci");
/** What a new user writes into the step of a workflow. */
const JOB = "npx promptgate lint prompts\n";
/** As a runner has it, and not as this test's own. */
const ENV = { PATH: process.env.PATH, HOME: process.env.HOME, CI: "true", GITHUB_ACTIONS: "true" };

const run = (command, ...args) => spawnSync(command, args, { cwd: folder, env: ENV, encoding: "utf8" });

test("a job fails with an annotation for each of ten mistakes, and passes without them", () => {
  rmSync(join(folder, ".git"), { recursive: true, force: true });
  assert.equal(run("git", "init", "--quiet").status, 0);
  writeFileSync(join(folder, ".gitignore"), "node_modules/\nprompts/generated/\n");
  writeFileSync(join(folder, "job.sh"), JOB);
  mkdirSync(join(folder, "prompts/generated"), { recursive: true });
  writeFileSync(join(folder, "prompts/greeting.json"), TEXT);
  writeFileSync(join(folder, "prompts/generated/greeting.json"), TEXT);
  assert.equal(run("git", "add", ".").status, 0);

  const failed = run("bash", "-e", "job.sh");
  assert.equal(failed.status, 1, failed.stderr);
  const annotations = failed.stdout.split("\n").filter((line) => line.startsWith("::"));
  const told = annotations.map((line) => {
    const [, severity, file, at, code, message] = /^::(\w+) file=([^,]+),line=(\d+),.*title=(\w+) [^:]*::(.+)$/.exec(line);
    assert.equal(file, "prompts/greeting.json");
    assert.ok(message.length > 20);
    return `${severity} ${code} ${at}`;
  });
  assert.deepEqual(told, TEN);

  rmSync(join(folder, "prompts/greeting.json"));
  writeFileSync(join(folder, "prompts/greeting.txt"), "Greet the customer of {{shop}} in one sentence.\n");
  const passed = run("bash", "-e", "job.sh");
  assert.equal(passed.status, 0, passed.stdout + passed.stderr);
});
