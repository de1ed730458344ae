// `promptgate audit verify`: whether an exported audit log is whole. `promptgate audit key`: a key that signs its heads.
import { createHash, createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { createReadStream } from "node:fs";
import { verifyAudit, verifyAuditPart } from "./engine.js";
import { Usage } from "./usage.js";

/** A file is read in parts of this many characters: a year's log does not fit into a string. */
const PART = 1 << 22;

export const auditCommand = {
  help: `promptgate audit verify FILE [options]
promptgate audit key NAME

verify reads what the gateway's GET /v1/audit gave; - reads the standard input, where several exports may follow one
another.

  --head HASH          the log must have the row with this hash, which was noted elsewhere: shows also a log that
                       was made anew, or cut off before its end
  --key KEY            the public key of the gateway's AUDIT_SIGNING_KEY: every checkpoint must be signed by it, and there
                       must be one: shows also a log that was made anew. May be given twice, when the key has changed
  --whole              no row may be without its content: for what a key with the right admin has exported. The rows of
                       other tenants are so in the export of one tenant's key
  --format FORMAT      text (default) or json

key makes a key for AUDIT_SIGNING_KEY, and its public key. NAME is what the log is called: gateway.example/audit
`,
  options: {
    head: { type: "string" },
    key: { type: "string", multiple: true },
    whole: { type: "boolean", default: false },
    format: { type: "string", default: "text" },
  },
  async run([action, ...rest], { head, key = [], whole, format }) {
    if (action === "key") return makeKey(rest);
    if (action !== "verify" || rest.length !== 1) throw new Usage("Name the file: promptgate audit verify FILE");
    if (head !== undefined && !/^[0-9a-f]{64}$/i.test(head.trim())) throw new Usage("--head is a hash of 64 hexadecimal digits.");
    if (!["text", "json"].includes(format)) throw new Usage("--format is text or json.");
    const [file] = rest;
    const report = await verified(file, head, key.map(publicKey), whole);
    process.stdout.write(format === "json" ? `${JSON.stringify({ file, ...report }, null, 2)}\n` : text(file, report));
    return report.ok ? 0 : 1;
  },
};

async function verified(file, head, keys, whole) {
  const stream = file === "-" ? process.stdin : createReadStream(file);
  let options = { head };
  let rest = "";
  let lines = 0;
  let checked = 0;
  // Signatures are checked part by part, before what they sign.
  const read = (part, last) => {
    if (keys.length) {
      const { bad, good } = signatures(part, keys, lines);
      if (bad) return bad;
      checked += good;
    }
    const bare = whole && withheld(part, lines);
    if (bare) return bare;
    lines += part.split("\n").length - (part.endsWith("\n") ? 1 : 0);
    return last ? verifyAudit(part, options) : verifyAuditPart(part, options);
  };
  try {
    for await (const chunk of stream.setEncoding("utf8")) {
      rest += chunk;
      if (rest.length < PART) continue;
      // a line that is longer than a part is none of ours: the verifier says so
      const end = rest.lastIndexOf("\n") + 1 || rest.length;
      const part = read(rest.slice(0, end), false);
      if (!part.ok) return part;
      options = { state: part.state };
      rest = rest.slice(end);
    }
  } catch (error) {
    if (error.syscall) throw new Usage(`${file} cannot be read: ${error.code}`);
    throw error;
  }
  const report = read(rest, true);
  if (report.ok && whole && report.withheld > 0) {
    return { ok: false, line: lines, sequence: null, code: "withheld", message: "A row has no content, and is not written as the gateway writes it." };
  }
  // One that is written so that it was not found above was not checked.
  if (report.ok && keys.length && report.checkpoints !== checked) {
    return { ok: false, line: lines, sequence: null, code: "unsigned", message: "A checkpoint is not written as the gateway writes it." };
  }
  if (report.ok && keys.length && !report.signed) {
    return { ok: false, line: lines, sequence: null, code: "unsigned", message: "The log has no checkpoint: nothing shows that it is the one that the gateway wrote." };
  }
  return report;
}

/** The first row of a part that has a place in the chain and no content, as a report. */
function withheld(part, before) {
  for (const [index, line] of part.split("\n").entries()) {
    if (line.includes('"row"') || !line.includes('"sequence"')) continue;
    let sequence;
    try {
      ({ sequence } = JSON.parse(line));
    } catch {
      continue; // the verifier says what it is
    }
    if (sequence === undefined) continue;
    return { ok: false, line: before + index + 1, sequence, code: "withheld", message: `Row ${sequence} has no content: it was taken out, or this is the export of one tenant's key.` };
  }
}

/** How many checkpoints of a part are signed by one of the keys; the first that is not, as a report. */
function signatures(part, keys, before) {
  let good = 0;
  if (!part.includes('"checkpoint"')) return { good };
  for (const [index, line] of part.split("\n").entries()) {
    if (!line.includes('"checkpoint"')) continue;
    let note;
    try {
      note = JSON.parse(line).checkpoint;
    } catch {
      continue; // the verifier says what it is
    }
    if (typeof note !== "string") continue;
    if (!keys.some((key) => signed(note, key))) {
      return { good, bad: { ok: false, line: before + index + 1, sequence: null, code: "unsigned", message: "No key has signed this checkpoint: it is not the gateway's." } };
    }
    good++;
  }
  return { good };
}

/** Whether a note (C2SP, signed-note.md) has the signature of a key. */
function signed(note, { name, id, key }) {
  const at = note.indexOf("\n\n") + 1;
  const text = note.slice(0, at);
  if (at === 0 || text.split("\n", 1)[0] !== name) return false;
  return note.slice(at + 1).split("\n").some((line) => {
    const [dash, signer, signature] = line.split(" ");
    if (dash !== "\u2014" || signer !== name) return false;
    const bytes = Buffer.from(signature ?? "", "base64");
    return bytes.length === 68 && bytes.subarray(0, 4).equals(id) && verify(null, Buffer.from(text), key, bytes.subarray(4));
  });
}

/** The key id of a name and a public key's 33 bytes. */
const idOf = (name, bytes) => createHash("sha256").update(`${name}\n`).update(bytes).digest().subarray(0, 4);
/** What stands before a public key of Ed25519 in its SPKI form (RFC 8410). */
const SPKI = Buffer.from("302a300506032b6570032100", "hex");

/** A public key as `promptgate audit key` prints it: `<name>+<id>+<base64 of 1 and the 32 bytes>`. */
function publicKey(text) {
  const [name, id, ...rest] = text.trim().split("+");
  const bytes = Buffer.from(rest.join("+"), "base64");
  if (!name || bytes.length !== 33 || bytes[0] !== 1 || id !== idOf(name, bytes).toString("hex")) {
    throw new Usage("--key is a public key as `promptgate audit key` prints it: NAME+ID+BASE64.");
  }
  return { name, id: Buffer.from(id, "hex"), key: createPublicKey({ key: Buffer.concat([SPKI, bytes.subarray(1)]), format: "der", type: "spki" }) };
}

function makeKey([name, ...more]) {
  if (!/^[A-Za-z0-9._/-]{1,128}$/.test(name ?? "") || more.length) throw new Usage("Name the log: promptgate audit key gateway.example/audit");
  const pair = generateKeyPairSync("ed25519");
  const one = Buffer.from([1]);
  const bytes = Buffer.concat([one, pair.publicKey.export({ format: "der", type: "spki" }).subarray(SPKI.length)]);
  const seed = Buffer.concat([one, pair.privateKey.export({ format: "der", type: "pkcs8" }).subarray(16)]);
  const id = idOf(name, bytes).toString("hex");
  process.stdout.write(`# the gateway's secret AUDIT_SIGNING_KEY\nPRIVATE+KEY+${name}+${id}+${seed.toString("base64")}\n# for --key: give it to whoever verifies the log\n${name}+${id}+${bytes.toString("base64")}\n`);
  return 0;
}

function text(file, { ok, rows, withheld, after, let_go: letGo, signed, checkpoints, head, line, code, message }) {
  if (!ok) return `${file}:${line}: ${message} (${code})\n`;
  const seal = signed ? `\n  ${checkpoints} checkpoint${checkpoints === 1 ? "" : "s"}, the last after row ${signed.sequence}` : "";
  if (rows === 0) return `${file}: no row after ${head.sequence}, unbroken${seal}\n  head ${head.hash}\n`;
  const before = after.sequence === 0 ? "" : letGo
    ? `\n  rows up to ${letGo.sequence} were let go: checkpoint ${letGo.hash} replaces them`
    : `\n  after ${after.hash}, which must be the head of the export before`;
  const others = withheld === 0 ? "" : `, ${withheld} of them without content, as other tenants' are`;
  return `${file}: rows ${after.sequence + 1} to ${head.sequence}, unbroken${others}${before}${seal}\n  head ${head.hash}\n`;
}
