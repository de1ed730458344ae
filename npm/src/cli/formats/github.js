// Annotations of GitHub Actions: workflow commands in the log.
import { visible } from "../terminal.js";
import { inLines } from "./pretty.js";

const COMMAND = { error: "error", warning: "warning", info: "notice" };

/** One command each, then the summary. */
export const github = { one: commands, whole: inLines };

function commands({ file, report }) {
  const lines = report.findings.map((finding) => {
    const { code, name, start, end } = finding;
    const properties = { file, line: start.line, endLine: end.line, title: `${code} ${name}` };
    // GitHub refuses columns of what spans lines
    if (start.line === end.line) Object.assign(properties, { col: start.column, endColumn: Math.max(end.column, start.column + 1) });
    const list = Object.entries(properties).map(([key, value]) => `${key}=${property(String(value))}`).join(",");
    return `::${COMMAND[finding.severity]} ${list}::${data(visible(finding.message))}\n`;
  });
  return lines.join("");
}

const data = (text) => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const property = (text) => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
