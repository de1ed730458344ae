// The command line, as packed and installed.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { beforeEach, test } from "node:test";
import { Ajv } from "ajv";
import { ROOT, install, nodes } from "./support.mjs";

const require = createRequire(import.meta.url);
const folder = join(install("cli"), "work");
const BIN = join(folder, "../node_modules/.bin/promptgate");
const CLEAN = "Answer in one sentence.\n";
const BIDI = "Be brief. \u202eThen\u202c stop.\n";
const TOKEN = "Be brief. <|im_start|>\n";
const SECRET = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH";

beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
});

/** Writes files of the working folder. */
function write(files) {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof text === "object" && !ArrayBuffer.isView(text) ? JSON.stringify(text) : text);
  }
}
const text = (name) => readFileSync(join(folder, name), "utf8");

const ENV = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(GITHUB_|NO_COLOR|FORCE_COLOR|COLUMNS|NODE_TEST)/.test(name)));

/** As if the working folder were in no repository. */
const ALONE = { GIT_CEILING_DIRECTORIES: dirname(folder) };

/** What the command answers: `{ code, out, err }`. */
function run(args, { input = "", env = {}, node = "node", cwd = folder } = {}) {
  const { status, stdout, stderr } = spawnSync(node, [BIN, ...args], { cwd, input, env: { ...ENV, ...env }, encoding: "utf8" });
  return { code: status, out: stdout, err: stderr };
}
const codes = (args, options) => {
  const { out } = run([...args, "--format", "json"], options);
  return JSON.parse(out).files.flatMap(({ file, findings }) => findings.map(({ code }) => `${file} ${code}`));
};

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
    [["lint", "nothing.txt"], 2, "Nothing is called \"nothing.txt\""],
    [["lint", "*.nothing"], 2, "Nothing is called"],
    [["lint", "clean.txt", "--fxi"], 2, "did you mean --fix?"],
    [["lint", "clean.txt", "--format", "sarf"], 2, "did you mean sarif?"],
    [["lint", "clean.txt", "--select", "S0007"], 2, "did you mean S007?"],
    [["lint", "clean.txt", "--format", "xml"], 2, "pretty, concise, json, sarif, github, junit"],
    [["lint", "clean.txt", "--max-warnings", "-1"], 2, ""],
    [["lint", "clean.txt", "--max-warnings", "many"], 2, "whole number"],
    [["lint", "-", "clean.txt"], 2, "`-` must be the only input"],
    [["lint", "-", "--watch"], 2, "cannot be watched"],
    [["lint", "clean.txt", "--stdin-filename", "x"], 2, "--stdin-filename"],
    [["lint", "binary.txt"], 2, "not UTF-8"],
    [["lint", "binary.txt", "bidi.txt"], 2, "not UTF-8"],
    [["explain", "X999"], 2, "There is no such rule"],
    [["explain", "secret"], 0, ""], [["explain", "s007"], 0, ""], [["explain", "secrt"], 2, "did you mean secret?"],
    [["explain", "S007", "S008"], 2, "one code"],
    [["tokens"], 2, "Say of which files"],
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

test("pretty: the place in its line, nothing that moves a terminal, and no secret", () => {
  write({ "a.txt": `Be brief.\n\t你好 😀 \u202ex\u202c \u001b[31m ${SECRET} <|im_start|>\n` });
  const { out } = run(["lint", "a.txt"], { env: { COLUMNS: "200" } });
  const blocks = out.split("\n\n");
  const marked = (code) => {
    const [, , line, marks] = blocks.find((block) => block.includes(` ${code} `)).split("\n");
    // Wide characters take two columns in a terminal: a place holder each.
    const wide = line.replace(/[你好😀]/gu, "$&\u0000").replace(/😀/gu, "\u0001");
    return wide.slice(marks.indexOf("^"), marks.lastIndexOf("^") + 1);
  };
  assert.equal(marked("U001"), "<U+202E>");
  assert.equal(marked("S004"), "<|im_start|>");
  assert.equal(marked("S007"), "•".repeat(SECRET.length));
  assert.ok(out.includes("<U+001B>[31m"));
  assert.ok(!/[\u001b\u202e\u202c]/.test(out) && !out.includes(SECRET));
  assert.match(out, /--fix: /);
});

test("pretty: narrow windows show the place and no more than fits", () => {
  const long = `${"word ".repeat(200)}<|im_start|>${" more".repeat(200)}\n`;
  write({ "a.txt": long });
  for (const columns of [20, 40, 80, 120]) {
    const { out } = run(["lint", "a.txt"], { env: { COLUMNS: String(columns) } });
    const frame = out.split("\n").filter((line) => /^ +\d* +\|/.test(line));
    assert.equal(frame.length, 2, out);
    for (const line of frame) assert.ok(line.length <= columns, `${line.length} of ${columns}: ${line}`);
    assert.ok(frame[0].includes("<|im_start|>".slice(0, 8)) && frame[1].indexOf("^") === frame[0].indexOf("<|im"), frame.join("\n"));
  }
});

test("colours: FORCE_COLOR and NO_COLOR; none into a pipe", () => {
  write({ "a.txt": TOKEN });
  const coloured = (env) => run(["lint", "a.txt"], { env }).out.includes("\u001b[");
  for (const [env, expected] of [
    [{}, false], [{ FORCE_COLOR: "1" }, true], [{ FORCE_COLOR: "0" }, false], [{ NO_COLOR: "1" }, false],
    [{ NO_COLOR: "1", FORCE_COLOR: "1" }, false], [{ NO_COLOR: "" , FORCE_COLOR: "3" }, true],
  ]) assert.equal(coloured(env), expected, JSON.stringify(env));
});

test("json: the engine's report, with the file", () => {
  write({ "a.txt": BIDI, "b.txt": CLEAN });
  const { summary, files } = JSON.parse(run(["lint", "a.txt", "b.txt", "--format", "json"]).out);
  assert.deepEqual(summary, { files: 2, errors: 2, warnings: 0, infos: 0, fixable: 2, omitted: 0, fixed: 0 });
  assert.deepEqual(files.map(({ file, kind, findings }) => [file, kind, findings.length]), [["a.txt", "text", 2], ["b.txt", "text", 0]]);
  assert.deepEqual(files[0].findings[0].start, { offset: 10, line: 1, column: 11 });
});

test("sarif: valid by the standard's schema, with what code scanning wants", () => {
  write({ "dir/a b.json": `{"system_instruction": "x", "user_template": "\\u202e😀 ${SECRET}",\n "nme": "<|im_start|>"}`, "clean.txt": CLEAN });
  const { code, out } = run(["lint", "dir", "clean.txt", "--format", "sarif"], { env: ALONE });
  assert.equal(code, 1);
  const log = JSON.parse(out);
  // the schema of the standard's final text
  const schema = JSON.parse(readFileSync(require.resolve("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"), "utf8"));
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
  require("ajv-formats").default(ajv);
  const { $schema, id, ...rest } = schema;
  const valid = ajv.compile(rest);
  assert.ok(valid(log), JSON.stringify(valid.errors, null, 2));
  assert.ok(!valid({ ...log, version: "2.0.0" }), "the schema does refuse");
  const [{ results, tool, columnKind }] = log.runs;
  assert.equal(columnKind, "utf16CodeUnits");
  assert.ok(results.length >= 3);
  for (const result of results) {
    assert.equal(result.locations[0].physicalLocation.artifactLocation.uri, "dir/a%20b.json");
    assert.ok(Object.keys(result.partialFingerprints).length > 0);
  }
  for (const rule of tool.driver.rules) assert.match(rule.helpUri, /^https:\/\/.+\/npm\/rules\.md#[a-z]\d{3}-[a-z-]+$/);
  assert.equal(tool.driver.rules.find(({ id }) => id === "S007").properties["security-severity"], "8.0");
  assert.ok(results.some(({ fixes }) => fixes?.length > 0));
  assert.ok(!out.includes(SECRET));
});

test("github: picked by GITHUB_ACTIONS, and nothing can write a command of its own", () => {
  write({ "a,b:c.txt": BIDI, "k.json": "{\"system_instruction\": \"x\", \"user_template\": \"x\", \"a\\n::error::x%0A\": 1}" });
  const env = { GITHUB_ACTIONS: "true", ...ALONE };
  const { code, out } = run(["lint", "a,b:c.txt", "k.json"], { env });
  assert.equal(code, 1);
  assert.match(out, /^::error file=a%2Cb%3Ac\.txt,line=1,endLine=1,title=U001 bidi-control,col=11,endColumn=12::.+$/m);
  for (const line of out.trimEnd().split("\n").slice(0, -1)) assert.match(line, /^::(error|warning|notice) file=/);
  assert.ok(!/^::/m.test(run(["lint", "k.json", "--format", "concise"], { env }).out), "a format that is asked for is heeded");
});

test("junit: well-formed, a failure for each finding", () => {
  write({ "a&<\".txt": BIDI, "clean.txt": CLEAN, "k.json": "{\"system_instruction\": \"x\", \"user_template\": \"x\", \"<b>&\\u0001]]>\": 1}" });
  const { out } = run(["lint", "a&<\".txt", "clean.txt", "k.json", "--format", "junit"]);
  const ended = out.replace(/<\?xml[^>]*\?>/, "");
  const open = [];
  // every tag is closed by its own, and no sign stands alone
  for (const [, close, name, alone] of ended.matchAll(/<(\/?)(\w+)(?:\s[\w-]+="[^"<]*")*(\/?)>/g)) {
    if (close) assert.equal(open.pop(), name);
    else if (!alone) open.push(name);
  }
  assert.deepEqual(open, []);
  assert.ok(!/[<>]/.test(ended.replace(/<\/?\w+(?:\s[\w-]+="[^"<]*")*\/?>/g, "")), out);
  assert.ok(!/&(?!amp;|lt;|gt;|quot;)/.test(out) && !out.includes("\u0001"));
  const [, tests, failures] = /tests="(\d+)" failures="(\d+)"/.exec(out);
  assert.equal(out.match(/<failure /g).length, Number(failures));
  assert.equal(out.match(/<testcase /g).length, Number(tests));
  assert.match(out, /<testsuite name="clean\.txt" tests="1" failures="0">/);
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
    assert.match(run(["lint", "counted.json"]).err, /ENOENT.*o200k_base\.tokens/);
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
  assert.match(err, /^No prompt is in "only": its files end otherwise \(\.py 2\)/);
  const some = run(["lint", "a.MD", "gone.md", "only", "--format", "concise"]);
  assert.equal(some.code, 2);
  assert.match(some.err, /Nothing is called "gone\.md"/);
  assert.match(some.out, /^a\.MD:1:11: error U001/, "the others are linted");
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
  assert.match(run(["init"]).err, /is there already/);
});

test("a baseline leaves out what is known, and nothing more", () => {
  write({ "a.txt": BIDI });
  assert.equal(run(["lint", "a.txt", "--baseline", "known.json", "--write-baseline"]).code, 0);
  assert.equal(run(["lint", "a.txt", "--baseline", "known.json"]).code, 0);
  write({ "a.txt": `${BIDI}${TOKEN}` });
  assert.deepEqual(codes(["lint", "a.txt", "--baseline", "known.json"]), ["a.txt S004"]);
  write({ "promptgate.json": { baseline: "known.json" } });
  assert.deepEqual(codes(["lint", "a.txt"]), ["a.txt S004"]);
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
});

test("reports for code hosts name files as the repository does", () => {
  write({ "deep/a.txt": BIDI });
  assert.equal(spawnSync("git", ["init", "--quiet"], { cwd: folder, env: ENV }).status, 0);
  const cwd = join(folder, "deep");
  assert.match(run(["lint", "a.txt", "--format", "github"], { cwd }).out, /^::error file=deep\/a\.txt,/);
  const [{ results, tool, originalUriBaseIds }] = JSON.parse(run(["lint", "a.txt", "--format", "sarif"], { cwd }).out).runs;
  assert.deepEqual([...new Set(results.map(({ locations: [{ physicalLocation }] }) => physicalLocation.artifactLocation.uri))], ["deep/a.txt"]);
  assert.match(tool.driver.informationUri, /^https:/);
  assert.ok(originalUriBaseIds["%SRCROOT%"]);
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

test("reports are written as they come: forty thousand findings need little memory", () => {
  const line = (at) => `Line ${at}: write to bob${at}@acme.io about it, {name}.`;
  const long = Array.from({ length: 100 }, (_, at) => line(at)).join("\n");
  write(Object.fromEntries(Array.from({ length: 400 }, (_, at) => [`f${at}.txt`, long])));
  for (const [format, megabytes] of [["json", 48], ["sarif", 64]]) {
    const { code, err } = run(["lint", "--format", format, "--output-file", "../report.out"], { env: { NODE_OPTIONS: `--max-old-space-size=${megabytes}` } });
    assert.deepEqual([code, err], [0, ""], format);
    const report = JSON.parse(readFileSync(join(folder, "../report.out"), "utf8"));
    const found = format === "json" ? report.files.flatMap(({ findings }) => findings.map(({ code }) => code)) : report.runs[0].results.map(({ ruleId }) => ruleId);
    assert.equal(found.filter((code) => code === "S008").length, 40_000, format);
  }
});

test("the format, and why it was taken, are in the report", () => {
  write({ "a.j2": "{% for x in y %}" });
  const [{ format, reason, findings }] = JSON.parse(run(["lint", "a.j2", "--format", "json"]).out).files;
  assert.deepEqual([format, reason], ["jinja", "the file's ending"]);
  assert.equal(findings[0].code, "T004");
});
