// SARIF: the engine writes the log itself, so each text is looked at once.
import { sarif as log } from "../engine.js";

/** So many texts go into one call: a log has every rule's page. */
const BATCH = 64;
const SEVERITY = { error: "error", warning: "warning", note: "info" };

/** Lints the documents, whose findings then are the log's results. `path` makes a file's address. */
export function asSarif(documents, path) {
  for (let at = 0; at < documents.length; at += BATCH) {
    const batch = documents.slice(at, at + BATCH);
    const byUri = new Map();
    for (const result of logged(batch, path).runs[0].results) {
      const { uri } = result.locations[0].physicalLocation.artifactLocation;
      if (!byUri.has(uri)) byUri.set(uri, []);
      byUri.get(uri).push(result);
    }
    for (const document of batch) {
      const results = byUri.get(encoded(path(document.file))) ?? [];
      const findings = results.map((result) => ({ code: result.ruleId, severity: SEVERITY[result.level], fix: result.fixes?.[0], result }));
      const count = (severity) => findings.filter((finding) => finding.severity === severity).length;
      const summary = { errors: count("error"), warnings: count("warning"), infos: count("info"), fixable: 0, omitted: 0 };
      document.report = { summary, findings };
    }
  }
}

/** The whole log, of what [asSarif] has looked at; what was fixed since is looked at again. */
export function sarif(documents) {
  const known = documents.every(({ report }) => report.findings.every(({ result }) => result !== undefined));
  if (!known) return `${JSON.stringify(logged(documents, (file) => file), null, 2)}\n`;
  const whole = log([]);
  whole.runs[0].results = documents.flatMap(({ report }) => report.findings.map(({ result }) => result));
  return `${JSON.stringify(whole, null, 2)}\n`;
}

const logged = (documents, path) => log(documents.map(({ file, text, settings }) => ({ ...settings, uri: path(file), text })));

/** A relative address as the engine writes it (RFC 3986). */
function encoded(path) {
  const plain = path.replace(/^\.\//, "").replaceAll("\\", "/").replace(/^\/+/, "");
  const bytes = new TextEncoder().encode(plain);
  return Array.from(bytes, (byte) => (/[A-Za-z0-9\-._~/@+,]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)).join("");
}
