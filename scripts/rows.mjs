// Which tests hold which requirement: writes docs/rows.md; `--check` fails where it is old, where a row has no test, or
// where a test names a row that is not there. A test of JavaScript begins its title with its rows ("A3, A5: publish, …"),
// any other has them in a comment above it ("// Rows A3, A5."); a fault of the matrix is "row 24".
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PAGE = `${ROOT}docs/rows.md`;

const ROWS = {
  "The upstream platform's conventions": {
    U1: "OAuth client credentials at the region's hosts", U2: "one token, refreshed before its end, replayed once after a 401",
    U3: "error bodies and rate-limit headers of the platform; nothing of them is copied", U4: "paging, by either name of the number of pages",
    U5: "scopes; a 403 names the missing one; errors of the token endpoint told apart",
  },
  "Cached templates": {
    A1: "the payload of a cached template", A2: "what is refused before it is sent, with its place", A3: "publish with a precondition, keep what upstream names",
    A4: "conflicts are merged or answered with the current tag", A5: "the copy at the edge", A6: "metrics, webhooks, rows",
  },
  Chat: {
    B1: "every fault of a request, with its path", B2: "trimming to the budget", B3: "what must not be sent is refused by rule and place",
    B4: "the payload upstream, frames of the answer", B5: "deadlines and the fallback text", B6: "row, metrics and webhook after the answer",
    B7: "trimmed harder, once, where upstream finds it too long", B8: "three formats of an answer",
  },
  Models: {
    C1: "a definition and its faults", C2: "provisioning without a held request", C3: "what a user's input is cleaned of", C4: "invocation, and its result against the schema",
    C5: "exact cost", C6: "export without credentials, with a hash", C7: "the document's own addresses",
  },
  "Configurations of models": {
    D1: "a configuration and its faults", D2: "against the model's capabilities", D3: "applied, deferred, retried", D4: "one row, one count, one webhook for each change",
  },
  "Prompt templates": {
    E1: "a template, its guardrails, phrases that are refused", E2: "an exact token count against the limit", E3: "create, update by version, list", E4: "variables; rendering is what is executed",
    E5: "values are checked before execution", E6: "execution, with its defaults", E7: "a library is compared and brought up to date", E8: "questions about usage", E9: "rows with a hash",
  },
  "Guard, governance, linter": {
    G: "personal data, secrets and injection, in texts and in streams, behind every disguise", H: "one audit event for every route, a chain, webhooks, metrics", L: "one catalogue of rules, the same findings everywhere",
  },
  Wires: {
    O1: "the OpenAI front, with unmodified clients", O2: "OpenAI-compatible upstreams, models as routes with fallback", O3: "the guard on tools, reasoning and every choice",
    O5: "the client's bytes with edits; what another wire cannot express is a 422", O6: "errors that a client can act on",
  },
  "Tenants, keys, limits": {
    T1: "a tenant is a wall", T2: "keys: made, listed, rotated, revoked, expired", T3: "limits and budgets",
  },
  "When things go wrong": {
    R1: "one deadline for a request", R2: "three attempts, full jitter", R3: "Retry-After", R4: "what may be repeated", R5: "the throttle of repetitions", R6: "the breaker",
    R7: "fallback before the first content only", R8: "no second request beside the first",
    ...Object.fromEntries([
      "connection refused", "host unknown", "accepts, never answers", "reset before the head", "reset in mid-stream", "a clean end without the terminal frame", "a stall between frames",
      "pieces of one byte", "characters and line ends cut apart", "frames that are none", "a line of 100 MB", "an endless stream", "200 with HTML", "a redirect", "429 with Retry-After",
      "429 for hours, or with garbage", "500, 502, 503, 504", "a burst of failures", "a hundred clients while upstream fails", "a token that dies", "a token endpoint that fails",
      "clocks that are wrong", "a client that leaves before dispatch", "a client that leaves in mid-stream", "a slow reader", "the same request fifty times at once", "the same key, another body or tenant",
      "killed before dispatch", "killed after it", "killed after the last piece", "storage that fails", "an object that restarts", "alarms twice or late", "KV old, reordered, lost",
      "two writes with one tag", "provisioning without an end", "webhooks refused, limited, away", "an audit row edited, dropped, moved, cut off", "hostile bodies", "an error inside a 200",
    ].map((what, index) => [`row ${index + 1}`, what])),
  },
  "Everywhere": { Errors: "problem documents; limits of bodies; no panic on any input" },
};
const known = new Set(Object.values(ROWS).flatMap((rows) => Object.keys(rows)));

/** The rows that a list names: "A3, A5", "rows 8 and 9", "row 34", "rows 26-28". */
function named(list) {
  const rows = [];
  for (const part of list.replace(/\bRows? /g, "").split(/, | and /)) {
    const [, from, to] = /^(?:rows? )?(\d+)(?:[–-](\d+))?$/.exec(part) ?? [];
    if (from) for (let row = Number(from); row <= Number(to ?? from); row++) rows.push(`row ${row}`);
    else rows.push(part);
  }
  return rows;
}

const LIST = String.raw`(?:(?:rows? )?(?:[A-Z]\d?|\d+(?:[–-]\d+)?|Errors)(?:, | and )?)+`;
const tests = new Map([...known].map((row) => [row, []]));
const faults = [];
function note(list, file, name) {
  for (const row of named(list)) {
    if (!tests.has(row)) faults.push(`${file}: "${name}" names the row ${row}, which is not there`);
    else tests.get(row).push(`${name} (\`${file}\`)`);
  }
}
const files = (folder, ending) => readdirSync(ROOT + folder, { recursive: true })
  .filter((name) => name.endsWith(ending) && !/(^|\/)(node_modules|target)\//.test(name)).map((name) => `${folder}/${name}`).sort();
for (const file of files("tests", ".test.mjs")) {
  const text = readFileSync(ROOT + file, "utf8");
  for (const [, list, title] of text.matchAll(new RegExp(String.raw`\btest\(\s*["\x60](${LIST}): (.*?)["\x60],`, "g"))) note(list, file, title);
  for (const [, list, title] of text.matchAll(new RegExp(String.raw`// Rows? (${LIST})\.\n(?:.*\n)?? *test\(\s*["\x60](.*?)["\x60],`, "g"))) {
    note(list, file, title.replace(/\$\{client\.name\}/, "each client").replace(/, \$\{how\}/, ", whole and streamed").replace(/\$\{(\w+)(\.\w+)*\}/g, "each $1"));
  }
}
for (const file of files("crates", ".rs")) {
  const text = readFileSync(ROOT + file, "utf8");
  for (const [, list, name] of text.matchAll(new RegExp(String.raw`// Rows? (${LIST})\.\n(?:\s*(?:#\[|//).*\n)*\s*(?:async )?fn (\w+)`, "g"))) {
    note(list, file, name.replaceAll("_", " "));
  }
}
for (const [row, names] of tests) if (!names.length) faults.push(`no test names the row ${row}`);

let page = "# Requirements and their tests\n\nWritten by `node scripts/rows.mjs`. R1 to R8 and the numbered rows are what holds when things go wrong: the rules of a\ncall, and the faults of the upstream, the clients and the platform.\n";
for (const [title, rows] of Object.entries(ROWS)) {
  page += `\n## ${title}\n\n| row | what | tests |\n|---|---|---|\n`;
  for (const [row, what] of Object.entries(rows)) page += `| ${row.replace("row ", "")} | ${what} | ${tests.get(row).join("<br>").replaceAll("|", "\\|")} |\n`;
}
if (!process.argv.includes("--check")) writeFileSync(PAGE, page);
else if (readFileSync(PAGE, "utf8") !== page) faults.push("docs/rows.md is old: node scripts/rows.mjs");
for (const fault of faults) console.error(fault);
process.exitCode = faults.length ? 1 : 0;
