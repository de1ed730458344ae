// For people: a line for each finding, and the place it was found at.
import { rules } from "../engine.js";
import { cells, visible } from "../terminal.js";

const COLOUR = { error: "red", warning: "yellow", info: "cyan" };

/** One line each. */
export const concise = { one: short, whole: inLines };

/** With the line it was found in. */
export const pretty = { one: framed, whole: inLines };

/** What was written of the documents, one behind the other, and how many there are of each. */
export function inLines(documents, summary, terminal) {
  return [...documents.map(({ written }) => written), conclusion(summary, terminal)];
}

function short({ file, report }, terminal) {
  const lines = report.findings.map((finding) => `${at(file, finding)}: ${severity(finding, terminal)} ${finding.code} ${visible(finding.message)}\n`);
  return lines.join("");
}

let secret;

function framed({ file, text, report }, terminal) {
  if (report.findings.length === 0) return "";
  secret ??= new Set(rules().filter((rule) => rule.secret).map((rule) => rule.code));
  const lines = text.split(/\r\n|\n|\r/);
  // What a rule found that must not be repeated is not shown by another finding in the same line either.
  const masks = report.findings.filter(({ code }) => secret.has(code));
  // Nor what has no known place: findings that are not listed come after the last that is.
  if (report.summary.omitted > 0) masks.push({ start: report.findings.at(-1).end, end: { line: Infinity, column: 1 } });
  return report.findings.map((finding) => block(file, finding, lines, masks, terminal)).join("");
}

const at = (file, { start }) => `${visible(file)}:${start.line}:${start.column}`;

const severity = (finding, terminal) => terminal.style(COLOUR[finding.severity], finding.severity);

function block(file, finding, lines, masks, terminal) {
  const { code, name, message, fix } = finding;
  const head = `${terminal.style("bold", at(file, finding))} ${severity(finding, terminal)} ${terminal.style("bold", code)} ${name}\n`;
  const hint = fix ? terminal.style("dim", `  ${fix.safe ? "--fix" : "--unsafe-fixes"}: ${fix.title}`) + "\n" : "";
  return `${head}${wrapped(visible(message), terminal.columns)}${frame(finding, lines, masks, terminal)}${hint}\n`;
}

/** Text in lines of at most `columns`, indented by two. */
function wrapped(text, columns) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line !== "" && line.length + word.length + 3 > columns) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.map((line) => `  ${line}\n`).join("");
}

/** So much of a line is looked at on each side of a finding, in UTF-16 units: many times what a terminal shows. */
const NEAR = 2048;

/** The line with the finding's beginning, as much of it as there is room for, and what is meant underlined. */
function frame({ start, end, severity }, lines, masks, terminal) {
  const whole = lines[start.line - 1] ?? "";
  const [begin, stop] = [start.column - 1 - NEAR, start.column - 1 + NEAR].map((unit) => border(whole, unit));
  const line = masked(whole.slice(begin, stop), begin, start.line, masks);
  const { shown, columns } = cells(line);
  const columnOf = (unit) => columns[Math.min(Math.max(unit - begin, 0), line.length)];
  const from = columnOf(start.column - 1);
  const last = end.line === start.line ? columnOf(end.column - 1) : columns[line.length];
  const to = Math.max(last, from + 1);

  const gutter = String(start.line).length;
  const room = Math.max(terminal.columns - gutter - 6, 10);
  // Some of what comes before is kept; the window never begins further right than it must.
  const left = columns[line.length] <= room ? 0 : Math.max(0, Math.min(from - Math.floor(room / 3), columns[line.length] - room));
  const right = left + room;
  const text = shown.filter(({ column, text }) => column >= left && column + text.length <= right).map(({ text }) => text).join("");
  const first = shown.find(({ column }) => column >= left)?.column ?? left;
  const clipped = { before: begin + left > 0, after: stop < whole.length || columns[line.length] > right };
  const marks = `${" ".repeat(Math.max(from - first, 0))}${"^".repeat(Math.max(Math.min(to, right) - Math.max(from, first), 1))}`;

  const margin = (number) => terminal.style("dim", ` ${String(number).padStart(gutter)} |`);
  const before = clipped.before ? "…" : " ";
  return `${margin(start.line)}${before}${text}${clipped.after ? "…" : ""}\n${margin("")} ${terminal.style(COLOUR[severity], marks)}\n`;
}

/** The place `unit` of `text`, or the nearest one that is in it and in the middle of no character. */
function border(text, unit) {
  const at = Math.min(Math.max(unit, 0), text.length);
  return /[\udc00-\udfff]/.test(text.charAt(at)) ? at + 1 : at;
}

/** A part of the line `number`, from its unit `begin` on, with a dot for each unit of what must not be repeated. */
function masked(line, begin, number, masks) {
  for (const { start, end } of masks) {
    if (number < start.line || number > end.line) continue;
    const [from, to] = [number === start.line ? start.column - 1 : 0, number === end.line ? end.column - 1 : Infinity]
      .map((unit) => Math.min(Math.max(unit - begin, 0), line.length));
    line = line.slice(0, from) + "•".repeat(to - from) + line.slice(to);
  }
  return line;
}

/** How many there are of each. */
export function conclusion(summary, terminal) {
  const { files, errors, warnings, infos, fixable, omitted, fixed } = summary;
  const count = (number, what) => `${number} ${what}${number === 1 ? "" : "s"}`;
  const parts = [count(errors, "error"), count(warnings, "warning"), ...(infos > 0 ? [count(infos, "info")] : [])].join(", ");
  const colour = errors > 0 ? "red" : warnings > 0 ? "yellow" : "green";
  const notes = [
    ...(fixed > 0 ? [`${count(fixed, "fix").replace("fixs", "fixes")} applied`] : []),
    ...(fixable > 0 ? [`${fixable} fixable with --fix`] : []),
    ...(omitted > 0 ? [`${omitted} not shown`] : []),
  ];
  return `${terminal.style(colour, parts)} in ${count(files, "file")}${notes.map((note) => `, ${note}`).join("")}\n`;
}
