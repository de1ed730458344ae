// `promptgate audit verify`: whether an exported audit log is whole.
import { createReadStream } from "node:fs";
import { verifyAudit, verifyAuditPart } from "./engine.js";
import { Usage } from "./usage.js";

/** A file is read in parts of this many characters: a year's log does not fit into a string. */
const PART = 1 << 22;

export const auditCommand = {
  help: `promptgate audit verify FILE [options]

Reads what the gateway's GET /v1/audit gave; - reads the standard input, where several exports may follow one another.

  --head HASH          the log must have the row with this hash, which was noted elsewhere: shows also a log that
                       was made anew, or cut off before its end
  --format FORMAT      text (default) or json
`,
  options: {
    head: { type: "string" },
    format: { type: "string", default: "text" },
  },
  async run([action, ...files], { head, format }) {
    if (action !== "verify" || files.length !== 1) throw new Usage("Say which file: promptgate audit verify FILE");
    if (head !== undefined && !/^[0-9a-f]{64}$/i.test(head.trim())) throw new Usage("--head is a hash of 64 hexadecimal digits.");
    if (!["text", "json"].includes(format)) throw new Usage("--format is text or json.");
    const [file] = files;
    const report = await verified(file, head);
    process.stdout.write(format === "json" ? `${JSON.stringify({ file, ...report }, null, 2)}\n` : text(file, report));
    return report.ok ? 0 : 1;
  },
};

async function verified(file, head) {
  const stream = file === "-" ? process.stdin : createReadStream(file);
  let options = { head };
  let rest = "";
  try {
    for await (const chunk of stream.setEncoding("utf8")) {
      rest += chunk;
      if (rest.length < PART) continue;
      // a line that is longer than a part is none of ours: the verifier says so
      const end = rest.lastIndexOf("\n") + 1 || rest.length;
      const part = verifyAuditPart(rest.slice(0, end), options);
      if (!part.ok) return part;
      options = { state: part.state };
      rest = rest.slice(end);
    }
  } catch (error) {
    if (error.syscall) throw new Usage(`${file} cannot be read: ${error.code}`);
    throw error;
  }
  return verifyAudit(rest, options);
}

function text(file, { ok, rows, withheld, after, head, line, code, message }) {
  if (!ok) return `${file}:${line}: ${message} (${code})\n`;
  if (rows === 0) return `${file}: no row after ${head.sequence}, unbroken\n  head ${head.hash}\n`;
  const before = after.sequence === 0 ? "" : `\n  after ${after.hash}, which must be the head of the export before`;
  const others = withheld === 0 ? "" : `, ${withheld} of them other tenants' and not shown`;
  return `${file}: rows ${after.sequence + 1} to ${head.sequence}, unbroken${others}${before}\n  head ${head.hash}\n`;
}
