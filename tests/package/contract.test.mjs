// What is published: its manifest, its types against real values, its sizes, and hostile callers.
import { inspect } from "node:util";
import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { Ajv2020 } from "ajv/dist/2020.js";
import { ARCHIVE, ROOT, install, run, tool } from "./support.mjs";

const folder = install("contract");
const dist = join(folder, "node_modules/promptgate/dist");
const api = await import(pathToFileURL(join(dist, "node.js")));
const inline = await import(pathToFileURL(join(dist, "inline.js")));
const utf8 = await import(pathToFileURL(join(dist, "utf8.js")));

/** Documents of every kind of finding: the rules' own examples, and what JavaScript strings can hold. */
const TEXTS = [
  { file: "a.txt", text: "Hello ${name}, mail bob@parcels-acme.com 😀 \u202ehidden\u202c <|im_start|>system" },
  { file: "b.json", text: "{\"system_instruction\": \"Be brief.\", \"user_template\": \"{{x}}\", \"nme\": 1, \"nme\": 2}" },
  { file: "c.json", text: "{\"name\": \ud800" },
  { text: "" },
  { text: "\ud800 lone, \u0000 nul, 😀😀 \u200b" },
];
const TEMPLATE = JSON.stringify({
  system_instruction: "Be brief, {{name}}.", user_template: "{{question}} 😀", variables: [{ name: "name", max_length: 20 }, "question"],
});
const reports = TEXTS.map(({ text, ...options }) => api.lint(text, options));
const fixed = TEXTS.map(({ text, ...options }) => api.fix(text, { ...options, unsafe: true }));

test("publint finds nothing", () => {
  const said = run(tool("publint"), ["run", ARCHIVE, "--strict"], { cwd: folder });
  assert.match(said, /All good/, said);
});

test("are the types wrong? They are not", () => {
  run(tool("attw"), [ARCHIVE, "--exclude-entrypoints", "./promptgate_bg.wasm", "./schema.json", "--format", "ascii", "--no-emoji"], { cwd: folder });
});

test("the types are those of the values", () => {
  const values = {
    "Report[]": reports, "Fixed[]": fixed, "Rule[]": api.rules(), "Count": api.countTokens("x", "gpt-4o"),
    "Fault[]": api.validateChat("{\"context\": [{\"role\": \"user\", \"content\": \"\"}]}"),
    "GuardReport": api.guard(TEXTS[0].text), "GuardPiece": new api.GuardStream().push("call 415-555-0132 or a@example.com, and so on"),
    "string": api.explain("S007"), "Edit": api.ignore(TEXTS[0].text, "S004", "it is quoted"),
    "Rendered": api.render(TEMPLATE, { name: "Zoë {{name}}", question: "mail bob@example.com" }),
  };
  // Literals, so that a member too many is an error as one too few is.
  const checks = Object.entries(values).map(([type, value], index) => `export const v${index}: ${type.replace(/^[A-Z]/, "api.$&")} = ${JSON.stringify(value)};`);
  const source = `import * as api from "promptgate";
    import data from "promptgate/tokens/o200k_base";
    ${checks.join("\n")}
    const found: api.Finding[] = api.lint("x", { file: "x.txt", kind: "text", config: { rules: { S008: "off" } } }).findings;
    const name: api.Vocabulary = api.loadVocabulary(data);
    const later: Promise<api.Vocabulary> = api.loadVocabulary("o200k_base");
    const ready: Promise<void> = api.init(new Uint8Array());
    const log = api.sarif([{ uri: "x.txt", text: "x" }]);
    const stream: api.GuardStream = new api.GuardStream({ policy: { base: "none", act_from: { injection: 0.9 } } });
    const rest: string = stream.finish().text + api.redact("x", { role: "agent", direction: "output" }) + stream.action;
    const redacted: api.Redacted = api.redact("x", { reversible: true, policy: { own: { a: { pattern: "abc", action: "redact" } } } });
    const back: string = redacted.restore(redacted.text) + redacted.stream().finish().text;
    export { found, name, later, ready, log, rest, back };
    // @ts-expect-error: there is no such kind
    api.lint("x", { kind: "nope" });
    // @ts-expect-error: a text is a string
    api.lint(1);`;
  const required = `import api = require("promptgate");
    import data = require("promptgate/tokens/cl100k_base");
    export const name: api.Vocabulary = api.loadVocabulary(data);`;
  writeFileSync(join(folder, "types.mts"), source);
  writeFileSync(join(folder, "types.cts"), required);
  // Where a module is not found, the trace says which file was looked for and not there.
  const compiler = ["--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom", "--traceResolution"];
  run(tool("tsc"), [...compiler, "--module", "nodenext", "types.mts", "types.cts"], { cwd: folder });
  run(tool("tsc"), [...compiler, "--module", "esnext", "--moduleResolution", "bundler", "types.mts"], { cwd: folder });
});

test("a template is rendered as the gateway renders it", () => {
  const { system_instruction, user_prompt, ...rest } = api.render(TEMPLATE, { name: "{{question}}", question: "Who?" });
  assert.deepEqual([system_instruction, user_prompt], ["Be brief, {{question}}.", "Who? 😀"], "values are never looked into");
  assert.deepEqual(Object.keys(rest), ["tokens", "max_tokens", "counted_by", "guard"]);
  assert.throws(() => api.render(TEMPLATE, { qestion: "x" }), ({ errors }) => {
    assert.deepEqual(errors.map(({ path, code }) => `${path} ${code}`), [
      "$.variables.qestion unknown_variable", "$.variables.name missing_variable", "$.variables.question missing_variable",
    ]);
    return true;
  });
});

test("an ignore is an edit after which the rule is silent", () => {
  for (const { text, ...options } of TEXTS) {
    for (const code of new Set(api.lint(text, options).findings.map(({ code }) => code))) {
      const { start, end, text: written } = api.ignore(text, code, "it is quoted", options);
      const after = text.slice(0, start.offset) + written + text.slice(end.offset);
      assert.ok(api.lint(after, options).findings.every((finding) => finding.code !== code), after);
    }
  }
});

test("every kind of value was among those", () => {
  assert.ok(reports.some(({ findings }) => findings.some(({ fix }) => fix?.safe)));
  assert.ok(reports.some(({ findings }) => findings.some(({ fix }) => fix && !fix.safe)));
  assert.ok(fixed.some(({ applied }) => applied.length > 0));
});

test("offsets are indices into the string", () => {
  for (const [index, { findings }] of reports.entries()) {
    const { text } = TEXTS[index];
    for (const { code, start, end } of findings) {
      assert.ok(0 <= start.offset && start.offset <= end.offset && end.offset <= text.length, code);
      const lines = text.slice(0, start.offset).split(/\r\n|\n|\r/);
      assert.deepEqual([start.line, start.column], [lines.length, lines.at(-1).length + 1], code);
    }
  }
  const [{ findings }] = reports;
  const place = (code) => {
    const { start, end } = findings.find((finding) => finding.code === code);
    return TEXTS[0].text.slice(start.offset, end.offset);
  };
  assert.equal(place("U001"), "\u202e");
  assert.equal(place("S004"), "<|im_start|>");
  assert.equal(place("S008"), "bob@parcels-acme.com");
});

test("the schema is what the engine takes", () => {
  const schema = JSON.parse(readFileSync(join(dist, "schema.json"), "utf8"));
  const valid = new Ajv2020().compile(schema);
  const takes = (config) => {
    try {
      return api.lint("", { config }) !== undefined;
    } catch (error) {
      assert.equal(error.code, "invalid_config");
      assert.ok(error.errors.length > 0);
      return false;
    }
  };
  const codes = api.rules().map(({ code }) => code);
  for (const [config, expected] of [
    [{}, true], [{ $schema: "x" }, true],
    [{ rules: Object.fromEntries(codes.map((code) => [code, "off"])) }, true],
    [{ dialect: "mustache", kind: "text", models: { m: 8192 }, model: "m", tokens: "o200k_base" }, true],
    [{ allow: { functions: ["f"], variables: ["v"], values: ["@a.b"] } }, true],
    [[], false], [{ rules: { X999: "off" } }, false], [{ rules: { S007: "of" } }, false], [{ ruls: {} }, false],
    [{ models: { m: 0 } }, false], [{ allow: { values: [1] } }, false], [{ tokens: "exact" }, false], [{ dialect: 1 }, false],
  ]) {
    assert.equal(valid(config), expected, JSON.stringify(config));
    assert.equal(takes(config), expected, JSON.stringify(config));
    assert.equal(takes(JSON.stringify(config)), expected, JSON.stringify(config));
  }
});

test("the guard says of a text what the gateway does, and of its pieces what it says of the whole", () => {
  const report = api.guard("😀 my card is 4111 1111 1111 1111, mail a@example.com");
  assert.equal(report.action, "block");
  assert.deepEqual(report.findings.map(({ kind, action, span }) => [kind, action, span]), [
    ["card", "block", [14, 33]], ["email", "flag", [40, 53]],
  ]);
  const policy = { actions: { user: { email: "redact" } } };
  assert.equal(api.redact("mail a@example.com", { policy }), "mail [EMAIL]");
  assert.equal(api.guard("mail a@example.com", { policy: { base: "none" } }).action, "ignore");
  const answer = "The card 4111 1111 1111 1111 of john.doe@example.com, key AKIA2E0A8F3B244C9986, is fine.";
  const whole = api.redact(answer, { role: "agent", direction: "output" });
  for (let at = 0; at <= answer.length; at++) {
    const stream = new api.GuardStream();
    const pieces = [stream.push(answer.slice(0, at)), stream.push(answer.slice(at)), stream.finish()];
    assert.equal(pieces.map((piece) => piece.text).join(""), whole, at);
    assert.equal(stream.action, "redact");
  }
  const blocking = new api.GuardStream({ policy: { actions: { assistant: { card: "block" } } } });
  const piece = blocking.push("The card 4111 1111 1111 1111 is a card, and more text follows after it.");
  assert.deepEqual([piece.text, piece.blocked, piece.findings.map(({ kind }) => kind)], ["The card ", true, ["card"]]);
  assert.equal(blocking.finish().text, "");
});

test("G: what was redacted reversibly comes back, whole and in a stream, and nothing prints it", () => {
  const policy = { actions: { user: { email: "redact" } }, own: { staff: { pattern: "EMP-#{6}", action: "redact" } } };
  const text = "Mail ann@canary.de or bob@canary.de about EMP-123456, card 4111 1111 1111 1111, [EMAIL_2].";
  const redacted = api.redact(text, { policy, reversible: true });
  assert.equal(redacted.text, "Mail [EMAIL_1] or [EMAIL_3] about [STAFF_1], card [CARD], [EMAIL_2].");
  assert.equal(redacted.restore(redacted.text), text.replace("4111 1111 1111 1111", "[CARD]"));
  const answer = "So [EMAIL_3] and [STAFF_1], not [EMAIL_2] or [EMAIL_9]; card 4012 8888 8888 1881.";
  for (let at = 0; at <= answer.length; at++) {
    const stream = redacted.stream();
    const pieces = [stream.push(answer.slice(0, at)), stream.push(answer.slice(at)), stream.finish()];
    assert.equal(pieces.map((piece) => piece.text).join(""), "So bob@canary.de and EMP-123456, not [EMAIL_2] or [EMAIL_9]; card [CARD].", at);
  }
  assert.ok(!(inspect(redacted, { depth: 9, showHidden: true }) + JSON.stringify(redacted)).includes("canary"));
  assert.equal(api.redact(text, { policy, reversible: false }), "Mail [EMAIL] or [EMAIL] about [STAFF], card [CARD], [EMAIL_2].");
  for (const [run, code] of [
    [() => api.redact("x", { reversible: 1 }), "invalid_request"], [() => api.redact(1, { reversible: true }), "invalid_argument"],
    [() => redacted.restore(1), "invalid_argument"], [() => redacted.stream({ policy: { sanitise: true } }), "invalid_request"],
    [() => api.redact("x", { policy: { own: { staff: { pattern: "#{6", action: "flag" } } } }), "invalid_request"],
  ]) assert.throws(run, { name: "PromptgateError", code });
});

test("the page of rules is what the engine says", () => {
  const page = readFileSync(join(ROOT, "npm/rules.md"), "utf8");
  for (const { code, name } of api.rules()) assert.ok(page.includes(`\n# ${code} ${name}\n`), code);
  assert.equal(readFileSync(join(folder, "node_modules/promptgate/rules.md"), "utf8"), page);
});

test("a caller may pass anything", () => {
  const cyclic = {};
  cyclic.self = cyclic;
  const trapped = new Proxy({}, { get() { throw new Error("canary"); } });
  for (const [run, code] of [
    ...[undefined, null, 17, {}, [], Symbol("x"), () => {}, new Uint8Array(1), 1n].map((value) => [() => api.lint(value), "invalid_argument"]),
    ...[null, 17, "x", true].map((options) => [() => api.lint("x", options), "invalid_argument"]),
    ...[{ file: 1 }, { kind: "nope" }, { kind: 1 }, { config: cyclic }, { config: () => {} }, { config: null }, { config: 17 }].map((options) => [() => api.lint("x", options), "invalid_argument"]),
    ...["", "{", "[]", "null", "\ud800", { rules: [] }].map((config) => [() => api.fix("x", { config }), "invalid_config"]),
    ...[undefined, null, 17, {}, new ArrayBuffer(1)].flatMap((value) => [
      [() => api.validateChat(value), "invalid_argument"], [() => api.prepareChat(value), "invalid_argument"],
      [() => api.loadVocabulary(value), "invalid_argument"],
    ]),
    ...["", "{", "\ud800", new Uint8Array([0xff, 0xfe]), new Uint8Array(0)].map((body) => [() => api.prepareChat(body), "invalid_json"]),
    ...[new Uint8Array(0), new Uint8Array(1e6).fill(7)].map((bytes) => [() => api.loadVocabulary(bytes), "invalid_vocabulary"]),
    [() => api.countTokens("x", undefined), "invalid_argument"], [() => api.countTokens(undefined, "gpt-4o"), "invalid_argument"],
    [() => api.vocabularyOf(1), "invalid_argument"],
    ...[undefined, null, 1, {}].map((template) => [() => api.render(template, {}), "invalid_argument"]),
    ...[undefined, null, 1, "x", cyclic].map((variables) => [() => api.render(TEMPLATE, variables), "invalid_argument"]),
    ...["", "{}", "[]", "\ud800"].map((template) => [() => api.render(template, {}), "invalid_template"]),
    ...[{}, [], { name: 1, question: "x" }, { name: "x".repeat(21), question: "" }, { name: "", question: "", nmae: "" }]
      .map((variables) => [() => api.render(TEMPLATE, variables), "invalid_request"]),
    [() => api.render(TEMPLATE, { name: "", question: "4111 1111 1111 1111 is my card" }), "safety_refused"],
    ...[undefined, null, 1, {}].flatMap((value) => [
      [() => api.ignore(value, "S004", "x"), "invalid_argument"], [() => api.ignore("x", value, "x"), "invalid_argument"],
      [() => api.ignore("x", "S004", value), "invalid_argument"],
    ]),
    [() => api.ignore("x", "S004", "x", { kind: "nope" }), "invalid_argument"],
    [() => api.ignore("x", "S999", "x"), "unknown_rule"], [() => api.ignore("x", "L001", "x"), "unknown_rule"],
    [() => api.ignore("x", "S004", " -- "), "no_reason"], [() => api.ignore("[]", "S004", "x", { file: "x.json" }), "no_place"],
    ...[undefined, null, 17, {}].flatMap((value) => [
      [() => api.guard(value), "invalid_argument"], [() => api.redact(value), "invalid_argument"],
      [() => new api.GuardStream().push(value), "invalid_argument"],
    ]),
    ...[null, 17, "x", cyclic].flatMap((options) => [
      [() => api.guard("x", options), "invalid_argument"], [() => new api.GuardStream(options), "invalid_argument"],
    ]),
    ...[{ role: "bot" }, { policy: 1 }, { policy: { actions: { user: { email: "burn" } } } }, { policy: { thresholds: { email: 7 } } }, { rle: "user" }]
      .map((options) => [() => api.guard("x", options), "invalid_request"]),
    [() => new api.GuardStream({ policy: { sanitise: true } }), "invalid_request"],
    [() => new api.GuardStream({ role: "user" }), "invalid_argument"],
    [() => api.explain("S999"), "unknown_rule"], [() => api.explain(1), "invalid_argument"],
    ...[undefined, null, {}, [1], [{}], [{ uri: "x" }], [{ uri: 1, text: "x" }]].map((documents) => [() => api.sarif(documents), "invalid_argument"]),
  ]) {
    assert.throws(run, (error) => {
      assert.equal(error.name, "PromptgateError", error.stack);
      assert.equal(error.code, code, error.stack);
      assert.ok(error.message.length > 10 && !error.message.includes("canary"));
      return true;
    }, String(run));
  }
  assert.deepEqual(api.lint("x", trapped), api.lint("x"), "a getter that throws is a member that is not there");
});

test("a promise refuses what it cannot have", async () => {
  await assert.rejects(api.loadVocabulary("p50k_base"), { name: "PromptgateError", code: "invalid_argument" });
  const alone = run("node", ["--input-type=module", "-e", `
    import { loadVocabulary } from ${JSON.stringify(join(dist, "inline.js"))};
    loadVocabulary("o200k_base").catch(({ code }) => console.log(code));`]);
  assert.equal(alone, "not_loaded\n");
  assert.equal(inline.lint, api.lint, "entries share one instance, and take nothing from each other");
  const browser = run("node", ["--input-type=module", "-e", `
    import { init, lint } from ${JSON.stringify(join(dist, "browser.js"))};
    import { readFileSync } from "node:fs";
    const said = [];
    const attempt = async (run) => { try { await run(); said.push("fine"); } catch (error) { said.push(error.name + " " + error.code); } };
    await attempt(() => lint("x"));
    for (const source of [17, {}, "data:application/wasm;base64,AAAA", new Uint8Array(4), new Response("", { status: 404 })]) await attempt(() => init(source));
    const wasm = readFileSync(${JSON.stringify(join(dist, "promptgate_bg.wasm"))});
    await Promise.all([attempt(() => init(new Response(wasm))), attempt(() => init())]);
    await attempt(() => lint("x"));
    console.log(JSON.stringify(said));`]);
  const refused = "PromptgateError not_loaded";
  assert.deepEqual(JSON.parse(browser), [
    refused, "PromptgateError invalid_argument", "PromptgateError invalid_argument", refused, refused, refused, "fine", "fine", "fine",
  ]);
});

test("what breaks the instance breaks nothing else", async (context) => {
  context.mock.method(console, "error", () => {});
  await api.loadVocabulary("o200k_base");
  const before = [api.lint(TEXTS[0].text), api.countTokens(TEXTS[0].text, "o200k_base")];
  for (let round = 0; round < 3; round++) {
    // More than a 32-bit address space can hold: the allocation fails, and with it the instance.
    assert.throws(() => api.validateChat(new Uint8Array(2 ** 31 + 8)), { name: "PromptgateError", code: "internal" });
    assert.deepEqual([api.lint(TEXTS[0].text), api.countTokens(TEXTS[0].text, "o200k_base")], before, "the vocabulary is there again");
  }
});

test("the UTF-8 for where there is none is the platform's", () => {
  const texts = ["", "abc", "é ß", "你好", "😀👩‍💻", "\ufeffbom", "a\ud800b\udc00", "\u0000\u007f\u0080\u07ff\u0800\uffff\u{10000}\u{10ffff}"];
  for (const text of texts) {
    const expected = new Uint8Array(text.length * 3), view = new Uint8Array(text.length * 3);
    const { written } = new TextEncoder().encodeInto(text, expected);
    assert.equal(utf8.encodeSlowly(text, view).written, written, text);
    assert.deepEqual(view, expected, text);
    const bytes = view.subarray(0, written);
    assert.equal(utf8.decodeSlowly(bytes), new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes), text);
  }
});

test("nothing is loaded twice or too large", () => {
  const size = (file) => statSync(join(dist, file)).size;
  const gzip = (file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length;
  const kib = (bytes) => Math.round(bytes / 1024);
  console.log(`    Wasm ${kib(size("promptgate_bg.wasm"))} KiB, ${kib(gzip("promptgate_bg.wasm"))} gzip; archive ${kib(statSync(ARCHIVE).size)} KiB`);
  // Forty-four rules, formats with a YAML reader and Jinja's grammar, the guard with its classifier in several languages,
  // rendering, checks, the verifier of audit logs. The vocabularies are apart. 833 KiB were measured on 2026-11-28: orders to
  // people told from orders to a model, and questions about an attack from attacks.
  const isReleased = (process.env.PROMPTGATE_PROFILE ?? "release") === "release";
  assert.ok(!isReleased || gzip("promptgate_bg.wasm") < 848 * 1024, "the page loads this");
  // The Wasm is in it three times: as a file, and as Base64 for ESM and for CommonJS. Released, it is 6.04 MiB.
  assert.ok(!isReleased || statSync(ARCHIVE).size < 6.5 * 1024 * 1024);
  const wasm = readFileSync(join(dist, "promptgate_bg.wasm"));
  const packed = readFileSync(join(dist, "tokens/o200k_base.tokens"));
  assert.equal(wasm.indexOf(packed.subarray(1000, 1064)), -1, "the vocabularies are no part of it");
  assert.ok(existsSync(join(folder, "node_modules/.bin/promptgate")));
});

test("licences: ours, and those of every crate in the Wasm", () => {
  const read = (file) => readFileSync(join(dist, "..", file), "utf8");
  assert.match(read("LICENSE-MIT"), /Permission is hereby granted/);
  assert.match(read("LICENSE-APACHE"), /Apache License/);
  const [list, ...texts] = read("THIRD-PARTY-LICENSES").split("-".repeat(80));
  const listed = [...list.matchAll(/^(\S+ \S+): (.+)$/gm)];
  assert.ok(listed.length > 20);
  for (const [, crate, licence] of listed) {
    assert.match(licence, /MIT|Apache|BSD|Unicode|Zlib/, crate);
    assert.ok(texts.some((text) => text.slice(0, text.indexOf(":")).includes(crate)), `${crate} without its text`);
  }
});
