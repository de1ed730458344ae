// SARIF: the engine writes the log itself, so each text is looked at once.
import { sarif as sarifLog } from "../engine.js";

/** So many texts go into one call: a log has every rule's page. */
const BATCH = 64;
const SEVERITY = { error: "error", warning: "warning", note: "info" };

/** Lints the documents, whose findings then are the log's results, and calls `done` with each. `path` makes a file's address. */
export function asSarif(documents, path, done) {
  for (let at = 0; at < documents.length; at += BATCH) {
    const batch = documents.slice(at, at + BATCH);
    const byUri = new Map();
    for (const result of results(batch, path)) {
      const { uri } = result.locations[0].physicalLocation.artifactLocation;
      if (!byUri.has(uri)) byUri.set(uri, []);
      byUri.get(uri).push(result);
    }
    for (const document of batch) {
      const found = byUri.get(encoded(path(document.file))) ?? [];
      const findings = found.map((result) => ({ code: result.ruleId, severity: SEVERITY[result.level], fix: result.fixes?.[0], result }));
      const count = (severity) => findings.filter((finding) => finding.severity === severity).length;
      const summary = { errors: count("error"), warnings: count("warning"), infos: count("info"), fixable: 0, omitted: 0 };
      document.report = { summary, findings };
      done(document);
    }
  }
}

/** The whole log, of what [asSarif] has looked at; what was fixed since is looked at again. */
export const sarif = { one: resultsOf, whole };

function resultsOf(document) {
  const { findings } = document.report;
  const known = findings.every(({ result }) => result !== undefined);
  const found = known ? findings.map(({ result }) => result) : results([document], (file) => file);
  return JSON.stringify(found);
}

function* whole(documents) {
  const log = `${JSON.stringify(sarifLog([]), null, 2)}\n`;
  const [head, tail] = log.split(NOTHING);
  let before = `${head}${NOTHING.slice(0, -1)}`;
  for (const { written } of documents) {
    const found = JSON.parse(written);
    if (found.length === 0) continue;
    yield before + indented(found, 3).slice(1, -"\n      ]".length);
    before = ",";
  }
  yield before === "," ? `\n      ]${tail}` : log;
}

/** `value` as JSON in lines, as it stands in JSON `depth` levels deep. */
export function indented(value, depth) {
  let whole = value;
  for (let level = 0; level < depth; level++) whole = [whole];
  const [before, after] = [depth * (depth + 3), depth * (depth + 1)];
  return JSON.stringify(whole, null, 2).slice(before, -after);
}

/** The results of an empty log, as its text has them. */
const NOTHING = '\n      "results": []';

const results = (documents, path) => sarifLog(documents.map(({ file, text, settings }) => ({ ...settings, uri: path(file), text }))).runs[0].results;

/** A relative address as the engine writes it (RFC 3986). */
function encoded(path) {
  const plain = path.replace(/^\.\//, "").replaceAll("\\", "/").replace(/^\/+/, "");
  const bytes = new TextEncoder().encode(plain);
  return Array.from(bytes, (byte) => (/[A-Za-z0-9\-._~/@+,]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)).join("");
}
