// JUnit's XML, as continuous integration systems read it: a suite for each file, a failure for each finding.

/** The whole document. Findings of severity info are no failures; a file without findings is a test that passes. */
export const junit = { one: suite, whole };

function whole(documents) {
  const failures = documents.reduce((sum, { failures }) => sum + failures, 0);
  const tests = documents.reduce((sum, { shown }) => sum + Math.max(shown, 1), 0);
  const head = `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="promptgate" tests="${tests}" failures="${failures}">\n`;
  return [head, ...documents.map(({ written }) => written), "</testsuites>\n"];
}

function suite({ file, report: { findings } }) {
  const name = xml(file);
  const cases = findings.map(({ code, name: rule, severity, message, start }) => {
    const title = `<testcase name="${xml(`${code} ${rule}`)}" classname="${name}" file="${name}" line="${start.line}"`;
    const said = `${file}:${start.line}:${start.column}: ${message}`;
    return severity === "info"
      ? `    ${title}><system-out>${xml(said)}</system-out></testcase>\n`
      : `    ${title}><failure type="${severity}" message="${xml(message)}">${xml(said)}</failure></testcase>\n`;
  });
  const failures = findings.filter(({ severity }) => severity !== "info").length;
  if (cases.length === 0) cases.push(`    <testcase name="promptgate" classname="${name}" file="${name}"/>\n`);
  return `  <testsuite name="${name}" tests="${cases.length}" failures="${failures}">\n${cases.join("")}  </testsuite>\n`;
}

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;" };

/** Text for XML 1.0, which has no way to write most control characters. */
const xml = (text) => text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd").replace(/[&<>"]/g, (sign) => ENTITIES[sign]);
