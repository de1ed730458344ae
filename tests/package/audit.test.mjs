// `promptgate audit verify` and `verifyAudit`, as packed and installed (requirements, H; reliability, row 38).
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash, createPrivateKey, sign } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { before, test } from "node:test";
import { install } from "./support.mjs";

const project = install("audit");
const folder = join(project, "work");
const { verifyAudit, verifyAuditPart } = createRequire(join(project, "index.js"))("promptgate");

before(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
});

/** An export of `count` rows, made by hand: `rows` have nothing that needs more than this of canonical JSON. */
function log(count, start = { sequence: 0, hash: "0".repeat(64) }) {
  let head = start;
  const lines = [];
  for (let number = 1; number <= count; number++) {
    const sequence = head.sequence + 1;
    const row = { event: "llm_prompt_audit", requestId: `r-${sequence}` };
    const hash = createHash("sha256").update(head.hash + JSON.stringify({ row, sequence })).digest("hex");
    lines.push(JSON.stringify({ hash, previous: head.hash, row, sequence }));
    head = { sequence, hash };
  }
  return { head, lines: [...lines, JSON.stringify({ head: { hash: head.hash, sequence: head.sequence } })] };
}

function run(args, input = "") {
  const bin = join(project, "node_modules/.bin/promptgate");
  const { status, stdout, stderr } = spawnSync("node", [bin, "audit", ...args], { cwd: folder, input, encoding: "utf8" });
  return { code: status, out: stdout, err: stderr };
}

test("a whole log is told of, with the head to note", () => {
  const { head, lines } = log(1200);
  writeFileSync(join(folder, "audit.jsonl"), `${lines.join("\n")}\n`);
  const { code, out } = run(["verify", "audit.jsonl"]);
  assert.deepEqual([code, out], [0, `audit.jsonl: rows 1 to 1200, unbroken\n  head ${head.hash}\n`]);
  assert.equal(run(["verify", "audit.jsonl", "--head", head.hash.toUpperCase()]).code, 0);
  // the export after it, alone and after the first
  const more = log(3, head);
  const late = run(["verify", "-"], more.lines.join("\n"));
  assert.equal(late.out, `-: rows 1201 to 1203, unbroken\n  after ${head.hash}, which must be the head of the export before\n  head ${more.head.hash}\n`);
  const both = run(["verify", "-", "--format", "json"], [...lines, ...more.lines].join("\r\n"));
  assert.deepEqual(JSON.parse(both.out), {
    file: "-", ok: true, rows: 1203, withheld: 0, after: { hash: "0".repeat(64), sequence: 0 }, let_go: null, signed: null, checkpoints: 0, head: more.head,
  });
  assert.equal(run(["verify", "-"], log(0).lines[0]).out, `-: no row after 0, unbroken\n  head ${"0".repeat(64)}\n`);
});

test("the first bad row is named: edited, dropped, moved, cut off", () => {
  const { lines } = log(9);
  const swapped = lines.with(3, lines[4]).with(4, lines[3]);
  for (const [what, bad, message] of [
    ["edited", lines.with(4, lines[4].replace("r-5", "r-6")), "-:5: Row 5 was changed: its hash does not fit what it says. (changed)\n"],
    ["dropped", lines.toSpliced(4, 2), "-:5: Rows 5 to 6 are missing: found row 7 instead. (missing)\n"],
    ["moved", swapped, "-:4: Row 4 is missing: found row 5 instead. (missing)\n"],
    ["repeated", lines.toSpliced(4, 0, lines[3]), "-:5: Row 4 follows row 4: it was moved or repeated. (misplaced)\n"],
    ["cut off", lines.slice(0, 6), "-:6: The file ends after row 6 without its head: its end is missing. (truncated)\n"],
    ["cut off before its head", lines.toSpliced(7, 2), "-:8: Rows 8 to 9 are missing: the head names them. (truncated)\n"],
    ["another file", ["{\"findings\":[]}"], "-:1: This line is neither a row nor the head of an audit log. (unreadable)\n"],
    ["nothing", [], "-:1: This is no audit log: it has no row and no head. (truncated)\n"],
  ]) {
    assert.deepEqual(run(["verify", "-"], bad.join("\n")), { code: 1, out: message, err: "" }, what);
  }
  const json = JSON.parse(run(["verify", "-", "--format", "json"], lines.slice(1, 3).join("\n")).out);
  assert.deepEqual([json.ok, json.code, json.sequence, json.line], [false, "truncated", 4, 2]);
});

// Row H.
test("a row whose content was taken out is found, where nothing may be withheld", () => {
  const { lines } = log(9);
  const bare = (line) => JSON.stringify({ ...JSON.parse(line), row: undefined });
  const some = lines.with(3, bare(lines[3])).with(6, bare(lines[6]));
  const tenants = run(["verify", "-"], some.join("\n"));
  assert.equal(tenants.code, 0);
  assert.match(tenants.out, /^-: rows 1 to 9, unbroken, 2 of them without content, as other tenants' are\n/);
  assert.deepEqual(run(["verify", "-", "--whole"], some.join("\n")), {
    code: 1, err: "", out: "-:4: Row 4 has no content: it was taken out, or this is the export of one tenant's key. (withheld)\n",
  });
  const hidden = run(["verify", "-", "--whole"], some.map((line) => line.replace("sequence", "s\\u0065quence")).join("\n"));
  assert.deepEqual([hidden.code, hidden.out], [1, "-:10: A row has no content, and is not written as the gateway writes it. (withheld)\n"]);
  assert.equal(run(["verify", "-", "--whole"], lines.join("\n")).code, 0);
  assert.match(run(["verify", "-", "--whole"], lines.with(3, lines[3].replace("r-4", "r-5")).join("\n")).out, /Row 4 was changed/);
});

test("a log that was made anew is found by a hash that was noted", () => {
  const { head } = log(9);
  const forged = log(9, { sequence: 0, hash: "0".repeat(64) }).lines.slice(0, 5);
  const last = JSON.parse(forged[4]);
  forged.push(JSON.stringify({ head: { hash: last.hash, sequence: 5 } }));
  assert.equal(run(["verify", "-"], forged.join("\n")).code, 0);
  const { code, out } = run(["verify", "-", "--head", head.hash], forged.join("\n"));
  assert.deepEqual([code, out], [1, "-:6: No row has the hash that was noted: the chain was replaced, cut off, or is another one. (other_chain)\n"]);
});

/** A checkpoint of a head, signed by the private key that `promptgate audit key` has printed. */
function checkpoint({ sequence, hash }, secret) {
  const [, , name, id, ...seed] = secret.split("+");
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.from(seed.join("+"), "base64").subarray(1)]);
  const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  const text = `${name}\n${sequence}\n${Buffer.from(hash, "hex").toString("base64")}\ntime 2026-11-26T18:09:00.000Z\n`;
  const signature = Buffer.concat([Buffer.from(id, "hex"), sign(null, Buffer.from(text), key)]).toString("base64");
  return JSON.stringify({ checkpoint: `${text}\n\u2014 ${name} ${signature}\n` });
}

// Rows H, 38.
test("a log that was made anew is found by the gateway's key, and rows that were let go have a checkpoint", () => {
  const [, secret, , key] = run(["key", "gateway.example/audit"]).out.split("\n");
  const [, others, , other] = run(["key", "gateway.example/audit"]).out.split("\n");
  const { head, lines } = log(9);
  const at = (number) => JSON.parse(lines[number - 1]);
  const signed = lines.toSpliced(9, 0, checkpoint(head, secret)).toSpliced(5, 0, checkpoint(at(5), secret));
  const good = run(["verify", "-", "--key", key], signed.join("\n"));
  assert.deepEqual([good.code, good.out], [0, `-: rows 1 to 9, unbroken\n  2 checkpoints, the last after row 9\n  head ${head.hash}\n`]);
  assert.equal(run(["verify", "-", "--key", other, "--key", key], signed.join("\n")).code, 0, "one of two keys");
  // made anew: another row, hashes that fit, and the old checkpoints, none, or those of another key
  const forged = log(9, { sequence: 0, hash: "0".repeat(64) }).lines;
  const anew = [];
  let last = { sequence: 0, hash: "0".repeat(64) };
  for (const line of forged.slice(0, 9)) {
    const sequence = last.sequence + 1;
    const row = { ...JSON.parse(line).row, requestId: `x-${sequence}` };
    const hash = createHash("sha256").update(last.hash + JSON.stringify({ row, sequence })).digest("hex");
    anew.push(JSON.stringify({ hash, previous: last.hash, row, sequence }));
    last = { sequence, hash };
  }
  const end = JSON.stringify({ head: { hash: last.hash, sequence: 9 } });
  for (const [what, bad, message] of [
    ["old checkpoints", [...anew.slice(0, 5), checkpoint(at(5), secret), ...anew.slice(5), end], "-:6: Row 5 is not the one that was signed: the chain was made anew, or is another one. (replaced)\n"],
    ["none", [...anew, end], "-:10: The log has no checkpoint: nothing shows that it is the one that the gateway wrote. (unsigned)\n"],
    ["another key's", [...anew, checkpoint(last, others), end], "-:10: No key has signed this checkpoint: it is not the gateway's. (unsigned)\n"],
    ["hidden", [...anew, checkpoint(last, others).replace("checkpoint", "ch\\u0065ckpoint"), end], "-:11: A checkpoint is not written as the gateway writes it. (unsigned)\n"],
  ]) {
    assert.deepEqual(run(["verify", "-", "--key", key], bad.join("\n")), { code: 1, out: message, err: "" }, what);
  }
  // let go: a checkpoint in the place of rows 1 to 5, at the beginning only
  const kept = signed.slice(5);
  const part = run(["verify", "-", "--key", key], kept.join("\n"));
  assert.deepEqual([part.code, part.out], [0, `-: rows 6 to 9, unbroken\n  rows up to 5 were let go: checkpoint ${at(5).hash} replaces them\n  2 checkpoints, the last after row 9\n  head ${head.hash}\n`]);
  const gap = run(["verify", "-", "--key", key], [...signed.slice(0, 2), ...kept].join("\n"));
  assert.deepEqual([gap.code, gap.out], [1, "-:3: Rows 3 to 5 are missing: a checkpoint names them. (truncated)\n"]);
});

test("called wrongly it says how", () => {
  for (const [args, said] of [
    [[], "Name the file"],
    [["verify"], "Name the file"],
    [["check", "x"], "Name the file"],
    [["verify", "a", "b"], "Name the file"],
    [["verify", "nothing.jsonl"], "nothing.jsonl cannot be read: ENOENT"],
    [["verify", "."], ". cannot be read: EISDIR"],
    [["verify", "-", "--head", "canary"], "--head is a hash"],
    [["verify", "-", "--format", "xml"], "--format is text or json"],
    [["verify", "-", "--key", "canary"], "--key is a public key"],
    [["key"], "Name the log"],
    [["key", "a b"], "Name the log"],
    [["verify", "-", "--x"], "There is no option \"--x\""],
  ]) {
    const { code, out, err } = run(args);
    assert.deepEqual([code, out], [2, ""], args.join(" "));
    assert.ok(err.includes(said) && !err.includes("    at "), err);
  }
});

test("a log larger than a part is read in parts, as is one by the functions", () => {
  // ~170 bytes a row: some 10 MB, the parts end at 4 million characters
  const { head, lines } = log(45_000);
  const whole = lines.join("\n");
  assert.ok(whole.length > 2 * (1 << 22));
  assert.equal(run(["verify", "-"], whole).out, `-: rows 1 to 45000, unbroken\n  head ${head.hash}\n`);
  const late = run(["verify", "-"], lines.toSpliced(44_000, 1).join("\n"));
  assert.equal(late.out, "-:44001: Row 44001 is missing: found row 44002 instead. (missing)\n");
  const endless = run(["verify", "-"], "[".repeat(1 << 23));
  assert.equal(endless.out, "-:1: This line is neither a row nor the head of an audit log. (unreadable)\n");
  let options = { head: head.hash };
  for (const line of lines.slice(0, 50)) {
    const part = verifyAuditPart(`${line}\n`, options);
    assert.equal(part.ok, true);
    options = { state: part.state };
  }
  assert.equal(verifyAudit(lines.slice(50).join("\n"), options).rows, 45_000);
});

test("hostile arguments", () => {
  for (const args of [[], [null], [1], [{}], ["", { state: "canary" }], ["", { state: 1 }], ["", { head: 1 }], ["", { state: "{\"x\":1}" }]]) {
    assert.throws(() => verifyAudit(...args), (error) => error.name === "PromptgateError" && error.code === "invalid_argument" && !error.message.includes("canary"), JSON.stringify(args));
  }
  const { ok, code } = verifyAudit("[".repeat(1 << 20), null);
  assert.deepEqual([ok, code], [false, "unreadable"]);
});
