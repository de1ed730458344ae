// The command line over files: which it reads, and how it mends, watches, remembers and shares them out.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { BIDI, CLEAN, ENV, TOKEN, command } from "./command.mjs";

const { BIN, codes, folder, run, text, write } = command("cli-files");

test("files, folders and globs; what is left out", () => {
  write({
    "a.txt": BIDI, "prompts/b.md": BIDI, "prompts/deep/c.json": { text: "\u202ex" }, "prompts/d.js": BIDI, "[odd].txt": BIDI,
    "node_modules/x/e.txt": BIDI, "prompts/node_modules/f.txt": BIDI, "prompts/clean.txt": CLEAN,
  });
  const files = (...patterns) => [...new Set(codes(["lint", ...patterns]).map((line) => line.replace(/ \w+$/, "")))];
  assert.deepEqual(files("prompts"), ["prompts/b.md", "prompts/deep/c.json"]);
  assert.deepEqual(files("."), ["[odd].txt", "a.txt", "prompts/b.md", "prompts/deep/c.json"]);
  assert.deepEqual(files("**/*.{md,js}"), ["prompts/b.md", "prompts/d.js"]);
  assert.deepEqual(files("prompts", "a.txt", "./a.txt", "!prompts/deep/**"), ["a.txt", "prompts/b.md"]);
  assert.deepEqual(files("[odd].txt"), ["[odd].txt"]);
});

test("what git ignores is left out, but for what is in the repository or asked for", () => {
  const git = (...args) => assert.equal(spawnSync("git", args, { cwd: folder, env: ENV }).status, 0, args.join(" "));
  write({
    ".gitignore": "out/\n*.tmp.txt\n/\\[odd\\]/\n", "a.txt": BIDI, "a.tmp.txt": BIDI, "out/b.txt": BIDI, "out/deep/c.txt": BIDI,
    "dir/.gitignore": "d.txt\n", "dir/d.txt": BIDI, "dir/e.txt": BIDI, "dir/out/f.txt": BIDI, "kept.tmp.txt": BIDI, "[odd]/g.txt": BIDI,
    "node_modules/x/h.txt": BIDI,
  });
  const files = (patterns, options) => [...new Set(codes(["lint", ...patterns], options).map((line) => line.replace(/ \w+$/, "")))];
  assert.ok(files(["."]).includes("out/deep/c.txt"), "there is no repository yet");
  git("init", "--quiet");
  git("add", "--force", "kept.tmp.txt");
  assert.deepEqual(files(["."]), ["a.txt", "dir/e.txt", "kept.tmp.txt"]);
  assert.deepEqual(files(["**/*.txt"]), ["a.txt", "dir/e.txt", "kept.tmp.txt"]);
  assert.deepEqual(files(["**/*.txt"], { cwd: join(folder, "dir") }), ["e.txt"]);
  assert.deepEqual(files(["..", "../out/b.txt"], { cwd: join(folder, "dir") }), ["../a.txt", "../kept.tmp.txt", "../out/b.txt", "e.txt"]);
  assert.deepEqual(files(["out", "a.tmp.txt", "[odd]"]), ["[odd]/g.txt", "a.tmp.txt", "out/b.txt", "out/deep/c.txt"]);
  assert.match(run(["lint", "out/*.md"]).err, /or git ignores it/);
});

test("--fix mends what is safe, --unsafe-fixes the rest, and a second run has nothing to do", () => {
  write({ "a.txt": BIDI.replace("stop", "<|im_start|> stop"), "clean.txt": CLEAN });
  const first = run(["lint", "a.txt", "clean.txt", "--fix"]);
  assert.equal(first.code, 1);
  assert.equal(text("a.txt"), "Be brief. Then <|im_start|> stop.\n");
  assert.match(first.out, /2 fixes applied/);
  const second = run(["lint", "a.txt", "--unsafe-fixes"]);
  assert.equal(second.code, 0, second.out);
  assert.ok(!text("a.txt").includes("<|im_start|>"));
  const before = text("a.txt");
  assert.equal(run(["lint", "a.txt", "--fix"]).code, 0);
  assert.equal(text("a.txt"), before);
  assert.equal(text("clean.txt"), CLEAN);
});

test("--fix mends what is shown, and nothing else", () => {
  const both = `${BIDI}${TOKEN}`;
  const [withoutBidi, withoutToken] = [`Be brief. Then stop.\n${TOKEN}`, `${BIDI}Be brief. \n`];
  for (const [args, config, expected] of [
    [["--ignore", "U001"], undefined, withoutToken], [["--select", "U"], undefined, withoutBidi], [["--select", "I"], undefined, both],
    [[], { ignore: ["U"] }, withoutToken], [[], { select: ["U001"], rules: { U001: "error" } }, withoutBidi], [[], { select: ["U"], ignore: ["U001"] }, both],
  ]) {
    write({ "a.txt": both, "promptgate.json": config ?? {} });
    run(["lint", "a.txt", "--unsafe-fixes", ...args]);
    assert.equal(text("a.txt"), expected, `${args.join(" ")} ${JSON.stringify(config)}`);
  }
  write({ "a.txt": both, "promptgate.json": {} });
  assert.deepEqual(run(["lint", "a.txt", "--diff", "--unsafe-fixes", "--ignore", "U001,S004"]), { code: 0, out: "", err: "" });
});

test("--diff shows a patch, and changes nothing", () => {
  write({ "dir/a.txt": `one\n${BIDI}three\n`, "clean.txt": CLEAN });
  const { code, out } = run(["lint", "dir", "clean.txt", "--diff"]);
  assert.equal(code, 1);
  assert.equal(text("dir/a.txt"), `one\n${BIDI}three\n`);
  assert.ok(out.startsWith("--- a/dir/a.txt\n+++ b/dir/a.txt\n@@ "), out);
  const patched = spawnSync("git", ["apply", "-"], { cwd: folder, input: out, encoding: "utf8", env: { ...ENV, GIT_CEILING_DIRECTORIES: folder } });
  assert.equal(patched.status, 0, patched.stderr);
  assert.equal(text("dir/a.txt"), "one\nBe brief. Then stop.\nthree\n");
  assert.deepEqual(run(["lint", "dir", "--diff"]), { code: 0, out: "", err: "" });
});

/** Has `use(until)` while the command watches `patterns`; `until(pattern)` waits for a line of what it says. */
async function watched(patterns, use) {
  const child = spawn("node", [BIN, "lint", ...patterns, "--watch", "--format", "concise"], { cwd: folder, env: ENV });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const until = async (pattern) => {
    for (let line; !(line = await lines.next()).done; ) if (pattern.test(line.value)) return;
    assert.fail("it has ended");
  };
  try {
    await use(until);
  } finally {
    child.kill("SIGINT");
    const [code] = await once(child, "exit");
    assert.equal(code, 0);
  }
}

test("--watch lints again when a file changes, also one that is new", { timeout: 60_000 }, async () => {
  write({ "a.txt": BIDI });
  await watched(["*.txt"], async (until) => {
    await until(/^2 errors, 0 warnings in 1 file/);
    write({ "a.txt": CLEAN });
    await until(/^0 errors, 0 warnings in 1 file/);
    write({ "b.txt": BIDI });
    await until(/^2 errors, 0 warnings in 2 files/);
  });
});

test("--watch sees folders that are new, and those in them", { timeout: 60_000 }, async () => {
  write({ "prompts/a.txt": BIDI });
  await watched(["prompts"], async (until) => {
    await until(/^2 errors, 0 warnings in 1 file/);
    write({ "prompts/new/deep/er/b.txt": BIDI });
    await until(/^4 errors, 0 warnings in 2 files/);
    write({ "prompts/new/deep/er/b.txt": CLEAN });
    await until(/^2 errors, 0 warnings in 2 files/);
    write({ "prompts/new/other/c.txt": BIDI });
    await until(/^4 errors, 0 warnings in 3 files/);
    rmSync(join(folder, "prompts/new"), { recursive: true });
    await until(/^2 errors, 0 warnings in 1 file/);
  });
});

test("what a folder holds: every ending in any case, agents' folders, no programs' files; what is skipped is counted", () => {
  write({
    "a.MD": BIDI, "b.mdc": BIDI, "c.prompty": BIDI, "d.j2": BIDI, "e.yaml": `a: "${BIDI.trim()}"\n`, ".github/prompts/f.prompt.md": BIDI,
    ".claude/agents/g.md": BIDI, ".cursor/rules/h.mdc": BIDI, ".windsurf/i.md": BIDI, ".venv/j.md": BIDI, "k.py": BIDI, "package.json": "{}",
    "package-lock.json": "{}", "tsconfig.json": "{}", "pnpm-lock.yaml": "a: 1", "requirements.txt": BIDI,
  });
  const listed = run(["lint", "--show-files"]).out.trim().split("\n");
  assert.deepEqual(listed, [
    ".claude/agents/g.md", ".cursor/rules/h.mdc", ".github/prompts/f.prompt.md", ".windsurf/i.md", "a.MD", "b.mdc", "c.prompty", "d.j2", "e.yaml",
  ]);
  assert.equal(run(["lint"]).code, 1, "without files it is the working folder");
  write({ "only/a.py": "x", "only/b.py": "x" });
  write({ "z/a.py": "x", "z/b.py": "x", "z/c.txt": "Be brief.", "z/LICENSE": "x" });
  assert.equal(run(["lint", "z"]).err, "3 files of other kinds skipped: .py 2, LICENSE 1.\n");
  const { code, err } = run(["lint", "only"]);
  assert.equal(code, 2);
  assert.match(err, /^There is no prompt in "only": its files have other endings \(\.py 2\)/);
  const some = run(["lint", "a.MD", "gone.md", "only", "--format", "concise"]);
  assert.equal(some.code, 2);
  assert.match(some.err, /There is no file "gone\.md"/);
  assert.match(some.out, /^a\.MD:1:11: error U001/, "the others are linted");
});

test("--cache gives the same, and sees what has changed", () => {
  write({ "a.txt": BIDI, "b.txt": CLEAN });
  const first = run(["lint", "a.txt", "b.txt", "--cache", "--format", "json"]).out;
  assert.ok(existsSync(join(folder, ".promptgate-cache.json")));
  assert.equal(run(["lint", "a.txt", "b.txt", "--cache", "--format", "json"]).out, first);
  write({ "b.txt": TOKEN });
  assert.ok(codes(["lint", "a.txt", "b.txt", "--cache"]).includes("b.txt S004"));
  write({ "promptgate.json": { rules: { U001: "off", S004: "off" } } });
  assert.deepEqual(codes(["lint", "a.txt", "b.txt", "--cache"]), [], "another configuration is another report");
  const written = () => statSync(join(folder, ".promptgate-cache.json"), { bigint: true }).mtimeNs;
  const before = written();
  run(["lint", "a.txt", "b.txt", "--cache"]);
  assert.equal(written(), before, "who watches the folder is not woken where nothing is new");
  assert.equal(run(["lint", "--show-files"]).out, "a.txt\nb.txt\n", "it is no prompt");
  write({ ".promptgate-cache.json": { version: JSON.parse(text(".promptgate-cache.json")).version } });
  assert.equal(run(["lint", "a.txt", "--cache"]).code, 0, "a cache without reports is made anew");
});

test("many files are shared out among threads, and nothing is different", () => {
  const prompt = (at) => `Be brief.\u202e Order ${at}. {{name}} <|im_start|>\n${"The parcel is on its way and will be there soon.\n".repeat(1600)}`;
  const half = (from) => Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`${from}/${at}.${["txt", "md", "j2"][at % 3]}`, prompt(at)]));
  write({ ...half("a"), ...half("b") });
  const found = (...folders) => JSON.parse(run(["lint", ...folders, "--format", "json"]).out).files;
  const together = found("a", "b");
  assert.equal(together.length, 60);
  assert.ok(together.every(({ findings }) => findings.length > 0));
  // Each half is too small to be worth threads.
  assert.deepEqual(together, [...found("a"), ...found("b")]);
  assert.equal(run(["lint", "--fix", "a", "b", "--exit-zero"]).code, 0);
  const mended = text("a/1.md");
  assert.ok(!mended.includes("\u202e") && mended.includes("<|im_start|>"));
  write(half("a"));
  run(["lint", "--fix", "a", "--exit-zero"]);
  assert.equal(text("a/1.md"), mended);
});
