// JUnit's XML, as continuous integration systems read it: a suite for each file, a failure for each finding.

/** The whole document. Findings of severity info are no failures. */
export function junit(documents) {
  const suites = documents.map(({ file, report }) => suite(file, report.findings));
  const failures = suites.reduce((sum, { failures }) => sum + failures, 0);
  const tests = suites.reduce((sum, { tests }) => sum + tests, 0);
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="promptgate" tests="${tests}" failures="${failures}">
${suites.map(({ xml }) => xml).join("")}</testsuites>
`;
}

function suite(file, findings) {
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
  return { failures, tests: cases.length, xml: `  <testsuite name="${name}" tests="${cases.length}" failures="${failures}">\n${cases.join("")}  </testsuite>\n` };
}

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;" };

/** Text for XML 1.0, which has no way to write most control characters. */
const xml = (text) => text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd").replace(/[&<>"]/g, (sign) => ENTITIES[sign]);
