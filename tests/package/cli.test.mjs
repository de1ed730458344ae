// The command line, as packed and installed: arguments, configurations, counts.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { BIDI, CLEAN, ENV, TOKEN, command } from "./command.mjs";
import { ROOT, nodes } from "./support.mjs";

const { BIN, codes, folder, run, text, write } = command("cli");

test("exit codes: 0 clean, 1 findings, 2 called wrongly", () => {
  write({ "clean.txt": CLEAN, "bidi.txt": BIDI, "mail.txt": "Write to bob@acme.io.\n", "binary.txt": new Uint8Array([0xff, 0xfe, 0]) });
  for (const [args, code, said] of [
    [["lint", "clean.txt"], 0, ""],
    [["lint", "bidi.txt"], 1, ""],
    [["lint", "mail.txt"], 0, ""],
    [["lint", "mail.txt", "--max-warnings", "0"], 1, ""],
    [["lint", "bidi.txt", "--exit-zero"], 0, ""],
    [["lint", "mail.txt", "--max-warnings", "1"], 0, ""],
    [["lint", "bidi.txt", "--max-warnings", "9"], 1, ""],
    [[], 2, "promptgate lint [FILES…]"],
    [["lint"], 2, "not UTF-8"],
    [["lnt"], 2, "did you mean lint"],
    [["toString"], 2, "There is no command"],
    [["lint", "nothing.txt"], 2, "There is no file \"nothing.txt\""],
    [["lint", "*.nothing"], 2, "There is no file"],
    [["lint", "clean.txt", "--fxi"], 2, "did you mean --fix?"],
    [["lint", "clean.txt", "--format", "sarf"], 2, "did you mean sarif?"],
    [["lint", "clean.txt", "--select", "S0007"], 2, "did you mean S007?"],
    [["lint", "bidi.txt", "--select", ""], 2, "--select names no rule"],
    [["lint", "clean.txt", "--format", "xml"], 2, "pretty, concise, json, sarif, github, junit"],
    [["lint", "clean.txt", "--max-warnings", "-1"], 2, ""],
    [["lint", "clean.txt", "--max-warnings", "many"], 2, "whole number"],
    [["lint", "-", "clean.txt"], 2, "`-` must be the only input"],
    [["lint", "-", "--watch"], 2, "cannot be watched"],
    [["lint", "clean.txt", "--watch", "--baseline", "known.json", "--write-baseline"], 2, "Either --watch or --write-baseline"],
    [["lint", "clean.txt", "--stdin-filename", "x"], 2, "--stdin-filename"],
    [["lint", "binary.txt"], 2, "not UTF-8"],
    [["lint", "binary.txt", "bidi.txt"], 2, "not UTF-8"],
    [["lint", "clean.txt", "--output-file", "nowhere/out.txt"], 2, "nowhere/out.txt cannot be opened: ENOENT."],
    [["lint", "clean.txt", "--baseline", "nowhere/base.json", "--write-baseline"], 2, "nowhere/base.json cannot be opened: ENOENT."],
    [["explain", "X999"], 2, "There is no such rule"],
    [["explain", "secret"], 0, ""], [["explain", "s007"], 0, ""], [["explain", "secrt"], 2, "did you mean secret?"],
    [["explain", "S007", "S008"], 2, "one code"],
    [["tokens"], 2, "Name the files"],
    [["tokens", "nothing.txt"], 2, "ENOENT"],
    [["tokens", "."], 2, "EISDIR"],
    [["tokens", "clean.txt", "--vocabulary", "p50k_base"], 2, "no such vocabulary"],
    [["tokens", "clean.txt", "--vocabulary", "o200k_base", "--model", "gpt-4"], 2, "Either"],
    [["--help"], 0, ""], [["lint", "--help"], 0, ""], [["tokens", "-h"], 0, ""], [["--version"], 0, ""],
  ]) {
    const answer = run(args);
    assert.equal(answer.code, code, `${args.join(" ")}: ${answer.out}${answer.err}`);
    assert.ok(answer.err.includes(said) && (code === 2) === (answer.err !== ""), `${args.join(" ")}: ${answer.err}`);
    assert.ok(!answer.err.includes("    at "), answer.err);
  }
  assert.equal(run(["--version"]).out, `${/^version = "(.*)"$/m.exec(readFileSync(join(ROOT, "Cargo.toml"), "utf8"))[1]}\n`);
});

for (const [version, node] of nodes()) {
  test(`the same on Node ${version}`, () => {
    write({ "a.txt": BIDI });
    const { code, out } = run(["lint", "a.txt", "--format", "concise"], { node });
    assert.equal(code, 1);
    assert.match(out, /^a\.txt:1:11: error U001 .+\na\.txt:1:16: error U001 .+\n2 errors, 0 warnings in 1 file, 2 fixable with --fix\n$/);
  });
}

test("- is the standard input, called as it is said", () => {
  const json = "{\"system_instruction\": \"x\", \"user_template\": \"\\u202ex\", \"nme\": 1}";
  assert.deepEqual(codes(["lint", "-"], { input: BIDI }), ["<stdin> U001", "<stdin> U001"]);
  const named = codes(["lint", "-", "--stdin-filename", "a.json"], { input: json });
  assert.ok(named.includes("a.json D003") && named.includes("a.json U001"), named.join());
  const mended = run(["lint", "-", "--fix"], { input: `${BIDI}<|im_start|>\n` });
  assert.equal(mended.out, "Be brief. Then stop.\n<|im_start|>\n", "the text alone");
  assert.match(mended.err, /S004/);
  assert.equal(mended.code, 1);
  assert.equal(run(["lint", "-"], { input: new Uint8Array([0xff]) }).code, 2);
  assert.ok(!existsSync(join(folder, "<stdin>")));
});

test("the nearest configuration counts, and its faults are said", () => {
  write({
    "promptgate.json": { rules: { U001: "off" } }, "a.txt": BIDI, "deep/er/b.txt": BIDI,
    "own/promptgate.json": { rules: { U001: "info" } }, "own/c.txt": BIDI,
    "key/package.json": { name: "x", promptgate: { rules: { U001: "warning" } } }, "key/d.txt": BIDI,
    "none/package.json": { name: "x" }, "none/e.txt": BIDI,
  });
  const severities = (...files) => JSON.parse(run(["lint", ...files, "--format", "json"]).out).files
    .map(({ file, findings }) => `${file} ${[...new Set(findings.map(({ severity }) => severity))]}`);
  assert.deepEqual(severities("a.txt", "deep", "own/c.txt", "key/d.txt", "none/e.txt"),
    ["a.txt ", "deep/er/b.txt ", "key/d.txt warning", "none/e.txt ", "own/c.txt info"]);
  assert.equal(run(["lint", "own/c.txt"]).code, 0, "infos are no failure");
  assert.deepEqual(severities("-", "--stdin-filename", "own/x.txt"), ["own/x.txt "]);
  for (const [config, said] of [
    ["{", "is not JSON"], ["", "is not JSON"], [{ ruls: {} }, "$.ruls: There is no `ruls`: did you mean `rules`?"], [{ rules: { U001: "of", X: 1 } }, "$.rules.U001"],
    [{ baseline: 5 }, "`baseline`"], [{ overrides: [{ files: ["*"], baseline: null }] }, "`baseline`"], [{ overrides: [{ files: ["*"], select: "S" }] }, "`select`"],
  ]) {
    write({ "bad/promptgate.json": config, "bad/f.txt": CLEAN });
    const { code, err, out } = run(["lint", "bad/f.txt"]);
    assert.equal(code, 2, out);
    assert.ok(err.includes("bad/promptgate.json") && err.includes(said), err);
  }
  write({ "broken/package.json": "{", "broken/g.txt": CLEAN });
  const broken = run(["lint", "broken/g.txt"]);
  assert.match(broken.err, /broken\/package\.json is not JSON/);
  assert.equal(broken.code, 0, "another program's file keeps nobody from linting");
});

test("exact counts are there: a budget is judged by the vocabulary", () => {
  const body = { systemInstructions: [], context: [{ role: "user", content: "你好".repeat(60) }], temperature: 0, maxTokens: 100, modelId: "gpt-4o" };
  write({ "promptgate.json": { models: { "gpt-4o": 130 } }, "chat.json": body });
  const exact = codes(["lint", "chat.json"]);
  write({ "promptgate.json": { models: { "gpt-4o": 130 }, tokens: "estimate" } });
  assert.notDeepEqual(codes(["lint", "chat.json"]), exact);
});

test("vocabularies are read where something is counted in them, and nowhere else", () => {
  const body = { systemInstructions: ["Be brief. ".repeat(30)], context: [], temperature: 0, maxTokens: 100, modelId: "support-small" };
  write({ "promptgate.json": { models: { "gpt-4o": 130, "support-small": 8000 } }, "long.j2": `{{ x }}\n${"Keep the tone friendly.\n".repeat(300)}`, "small.json": body });
  const [tokens, away] = [join(folder, "../node_modules/promptgate/dist/tokens"), join(folder, "../away")];
  renameSync(tokens, away);
  try {
    assert.ok(codes(["lint", "long.j2", "small.json"]).includes("long.j2 C002"));
    write({ "counted.json": { ...body, modelId: "gpt-4o" } });
    assert.match(run(["lint", "counted.json"]).err, /o200k_base\.tokens cannot be opened: ENOENT/);
  } finally {
    renameSync(away, tokens);
  }
});

test("explain and tokens", () => {
  assert.match(run(["explain", "s007"]).out, /^# S007 secret\n/);
  const all = run(["explain"]).out;
  assert.ok(all.split("\n").length > 15 && /^S007 {2}secret /m.test(all));
  write({ "a.txt": "Where is my order?", "b.txt": "" });
  assert.equal(run(["tokens", "a.txt"]).out, "5  o200k_base  a.txt\n");
  assert.equal(run(["tokens", "a.txt", "b.txt", "--model", "gpt-4"]).out, "5  cl100k_base  a.txt\n0  cl100k_base  b.txt\n5               total\n");
  assert.deepEqual(JSON.parse(run(["tokens", "-", "--format", "json"], { input: "Where is my order?" }).out), [{ file: "-", tokens: 5, counted_by: "o200k_base" }]);
  const estimated = run(["tokens", "a.txt", "--model", "support-small"]);
  assert.deepEqual([estimated.code, estimated.out], [0, "5  estimate  a.txt\n"]);
  assert.match(estimated.err, /estimates/);
});

test("a reader that leaves early is no failure", async () => {
  write(Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`f${n}.txt`, BIDI.repeat(20)])));
  const child = spawn("node", [BIN, "lint", "."], { cwd: folder, env: ENV, stdio: ["ignore", "pipe", "pipe"] });
  let err = "";
  child.stderr.on("data", (data) => (err += data));
  child.stdout.once("data", () => child.stdout.destroy());
  await once(child, "close");
  assert.equal(err, "");
});

test("--select, --ignore, --quiet, --statistics, --output-file", () => {
  write({ "a.txt": `${BIDI}${TOKEN}Write to bob@acme.io.\n` });
  assert.deepEqual(codes(["lint", "a.txt", "--select", "S"]), ["a.txt S004", "a.txt S008"]);
  assert.deepEqual(codes(["lint", "a.txt", "--select", "bidi-control,S008"]), ["a.txt U001", "a.txt U001", "a.txt S008"]);
  assert.deepEqual(codes(["lint", "a.txt", "--ignore", "U,S004"]), ["a.txt S008"]);
  assert.equal(run(["lint", "a.txt", "--select", "S008"]).code, 0, "what is not selected is no failure");
  write({ "b.txt": CLEAN });
  const wrong = run(["lint", "a.txt", "b.txt", "--select", "S,secrt"]);
  assert.deepEqual([wrong.code, wrong.out, wrong.err], [2, "", 'There is no rule "secrt": did you mean secret?\n'], "said once");
  const quiet = run(["lint", "a.txt", "--quiet", "--format", "concise"]);
  assert.ok(!quiet.out.includes("S008") && quiet.out.includes("S004"), quiet.out);
  assert.match(run(["lint", "a.txt", "--statistics"]).out, /^ {5}2 {2}U001 {2}error {4}bidi-control\n/);
  const { out, code } = run(["lint", "a.txt", "--format", "json", "--output-file", "report.json"]);
  assert.deepEqual([out, code], ["", 1]);
  assert.equal(JSON.parse(text("report.json")).summary.errors, 3);
});

test("configurations: --config, extends, include, exclude, overrides, select", () => {
  write({
    "base.json": { rules: { U001: "off" }, exclude: ["drafts/**"] },
    "promptgate.json": { extends: "base.json", overrides: [{ files: ["strict/**"], rules: { U001: "warning" } }] },
    "a.txt": BIDI, "drafts/b.txt": TOKEN, "strict/c.txt": BIDI, "other.json": { include: ["*.txt"], select: ["S004"], rules: {} },
    "d.txt": `${BIDI}${TOKEN}`,
  });
  assert.deepEqual(codes(["lint", "a.txt", "drafts", "strict"]), ["strict/c.txt U001", "strict/c.txt U001"]);
  assert.deepEqual(codes(["lint", "d.txt", "strict/c.txt", "--config", "other.json"]), ["d.txt S004"]);
  write({ "loop.json": { extends: "loop.json" } });
  assert.match(run(["lint", "a.txt", "--config", "loop.json"]).err, /extends itself/);
  assert.match(run(["lint", "a.txt", "--config", "gone.json"]).err, /gone\.json cannot be read: ENOENT/);
});

test("init writes a configuration that is taken", () => {
  write({ "a.txt": BIDI });
  assert.equal(run(["init"]).code, 0);
  assert.equal(run(["lint", "a.txt"]).code, 1);
  assert.match(run(["init"]).err, /exists already/);
});
