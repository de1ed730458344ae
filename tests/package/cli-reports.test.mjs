// What the command line reports, in each format.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { Ajv } from "ajv";
import { BIDI, CLEAN, ENV, SECRET, TOKEN, command } from "./command.mjs";

const require = createRequire(import.meta.url);
const { ALONE, BIN, codes, folder, run, text, write } = command("cli-reports");

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

test("pretty: of a long line no more is read than is shown, however much is found in it", () => {
  const messages = Array.from({ length: 500 }, (_, at) => ({ role: "user", content: `${"Where is it? ".repeat(150)}😀<|im_start|> ${at === 250 ? SECRET : at}` }));
  write({ "a.json": { model: "gpt-4o", messages } });
  const line = text("a.json");
  assert.ok(line.length > 900_000 && !line.includes("\n"));
  const child = spawnSync("node", [BIN, "lint", "a.json"], { cwd: folder, env: { ...ENV, COLUMNS: "60" }, encoding: "utf8", timeout: 60_000, maxBuffer: 1 << 26 });
  assert.equal(child.status, 1, child.error ?? child.stderr);
  const frames = child.stdout.match(/^ 1 \|….*$/gm);
  assert.equal(frames.length, 500);
  for (const frame of frames) assert.ok(frame.length <= 60 && !frame.includes("\ufffd"), frame);
  assert.ok(frames.filter((frame) => frame.includes("<|im_start|>")).length > 490);
  assert.ok(!child.stdout.includes(SECRET.slice(0, 12)));
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
  // every tag is closed by its own, and no sign is alone
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

test("a baseline leaves out what is known, and nothing more", () => {
  write({ "a.txt": BIDI });
  assert.equal(run(["lint", "a.txt", "--baseline", "known.json", "--write-baseline"]).code, 0);
  assert.equal(run(["lint", "a.txt", "--baseline", "known.json"]).code, 0);
  write({ "a.txt": `${BIDI}${TOKEN}` });
  assert.deepEqual(codes(["lint", "a.txt", "--baseline", "known.json"]), ["a.txt S004"]);
  write({ "promptgate.json": { baseline: "known.json" } });
  assert.deepEqual(codes(["lint", "a.txt"]), ["a.txt S004"]);
  assert.equal(run(["lint", "--show-files"]).out, "a.txt\n", "it is no prompt itself");
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
