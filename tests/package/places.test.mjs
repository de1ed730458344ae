// Where the linter is run: the Action's script and the hooks of pre-commit, on the package as it is packed.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ARCHIVE, ROOT, install } from "./support.mjs";

const folder = join(install("places"), "work");

test("the Action lints, annotates by the repository's paths, and writes SARIF", () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "prompts"), { recursive: true });
  writeFileSync(join(folder, "prompts/a.md"), "<|im_start|>\n");
  const env = { ...process.env, GITHUB_ACTIONS: "true", GITHUB_WORKSPACE: folder, VERSION: ARCHIVE, FILES: "prompts\n", ARGUMENTS: "--max-warnings 0", npm_config_prefer_offline: "true" };
  const run = (more) => spawnSync("bash", [join(ROOT, "scripts/action")], { cwd: folder, env: { ...env, ...more }, encoding: "utf8" });
  const annotated = run({});
  assert.equal(annotated.status, 1, annotated.stderr);
  assert.match(annotated.stdout, /^::error file=prompts\/a\.md,line=1/m);
  assert.equal(run({ SARIF: "out.sarif" }).status, 1);
  assert.equal(JSON.parse(readFileSync(join(folder, "out.sarif"), "utf8")).runs[0].results[0].ruleId, "S004");
  // What the bash of macOS does not have.
  writeFileSync(join(folder, "older"), "enable -n mapfile readarray\n");
  const older = run({ BASH_ENV: join(folder, "older"), FILES: "\n  \nprompts/a.md\n", ARGUMENTS: "" });
  assert.equal(older.status, 1, older.stderr);
  assert.match(older.stdout, /^::error file=prompts\/a\.md,line=1/m);
  const action = readFileSync(join(ROOT, "action.yml"), "utf8");
  for (const name of ["FILES", "ARGUMENTS", "SARIF", "VERSION"]) assert.ok(action.includes(`${name}: \${{ inputs.`), name);
});

test("the hooks of pre-commit name a command that is there, and take prompts", () => {
  const hooks = readFileSync(join(ROOT, ".pre-commit-hooks.yaml"), "utf8");
  const [, files] = /files: \(\?i\)(.+)$/m.exec(hooks);
  const [, exclude] = /exclude: \(\?i\)(.+)$/m.exec(hooks);
  for (const [file, expected] of [
    ["a/SKILL.md", true], ["x.MDC", true], ["p.prompty", true], ["t.j2", true], ["c.yaml", true], ["a.py", false],
    ["package-lock.json", false], ["tsconfig.base.json", false], ["pnpm-lock.yaml", false],
  ]) assert.equal(new RegExp(files, "i").test(file) && !new RegExp(exclude, "i").test(file), expected, file);
  for (const [, entry] of hooks.matchAll(/entry: promptgate (.+)$/gm)) {
    writeFileSync(join(folder, "b.md"), "Be brief.\n");
    const { status, stderr } = spawnSync(join(folder, "../node_modules/.bin/promptgate"), [...entry.split(" "), "b.md"], { cwd: folder, encoding: "utf8" });
    assert.equal(status, 0, stderr);
  }
});
