// The page: what its controls do. `check.js` is the way of a document through the engine.
import { SAMPLES } from "assets";
import { card } from "./card.js";
import { createCheck } from "./check.js";
import "./controls.js";
import { createDocuments } from "./documents.js";
import { createEditor } from "./editor.js";
import { $, element } from "./element.js";
import * as engine from "./engine.js";
import { createFixes } from "./fixes.js";
import { announceCount, many } from "./notice.js";
import { LISTED, showList } from "./problems.js";
import { createSharing } from "./share.js";
import { createWalk } from "./walk.js";

const KINDS = Object.fromEntries([...$("kind").options].map((option) => [option.value, option.text]));

/** By code: the rule with its documentation. */
const rules = new Map();

const editor = createEditor($("editor"), {
  changed(byUser) {
    if (byUser) $("sample").value = "";
    else editor.takePressed();
    documents.keep();
    checking.check();
  },
  moved: showPlace,
  card: (found) => card(found, rules.get(found.code)?.documentation, fixes),
  peekKey: (event) => walk.problemKey(event),
  keys: [{ key: "Mod-.", run: () => walk.openAtCursor() }],
});
const checking = createCheck(editor, showReport);
const documents = createDocuments(editor, checking.check);
const fixes = createFixes(editor, checking);
const walk = createWalk(editor, checking);
createSharing(editor, checking, documents, rules);

// --- what was found ---

const counted = ({ errors, warnings, infos }) =>
  [[errors, "error"], [warnings, "warning"], [infos, "remark"]].filter(([count]) => count).map(([count, word]) => many(count, word)).join(", ") || "Nothing found";

function showReport() {
  const { summary, findings, kind } = checking.report;
  const total = summary.errors + summary.warnings + summary.infos;
  $("counts").textContent = counted(summary);
  $("problem-count").textContent = total ? String(total) : "";
  $("detected").textContent = KINDS[kind] ?? kind;
  $("kind").options[0].text = $("kind").value ? "Auto" : `Auto: ${(KINDS[kind] ?? kind).toLowerCase()}`;
  const fixable = findings.filter((found) => found.fix).length;
  enable($("fix-safe"), summary.fixable, "Fix safe");
  enable($("fix-all"), fixable, "Fix all");
  $("clean").hidden = total > 0;
  showList(findings, summary.omitted, rules, { open: walk.open, ...fixes });
  showPlace();
  announceCount(counted(summary));
}

function enable(button, count, label) {
  button.disabled = !count;
  button.textContent = count ? `${label} (${count})` : label;
}

function showPlace() {
  if (!checking.report) return;
  const isAtWork = document.activeElement === $("editor");
  const { head } = editor.view.state.selection.main;
  checking.report.findings.slice(0, LISTED).forEach((found, index) => {
    const isHere = isAtWork && found.start.offset <= head && head <= found.end.offset;
    $("list").children[index]?.toggleAttribute("data-here", isHere);
  });
}

// --- what is chosen ---

for (const id of ["kind", "dialect"]) $(id).addEventListener("change", () => { documents.keep(); checking.check(); });

$("sample").append(...SAMPLES.map(({ group, samples }) => element("optgroup", { label: group },
  ...samples.map(({ name, text }) => Object.assign(element("option", {}, name), { sample: text })))));
$("sample").addEventListener("change", () => {
  const { sample } = $("sample").selectedOptions[0];
  if (sample !== undefined) documents.show({ text: sample });
});

// --- the beginning ---

$("origin").textContent = location.origin;
if (!(await documents.fromLink())) {
  const before = documents.kept();
  documents.show(before ?? SAMPLES[0].samples[0], false);
  if (!before) $("sample").selectedIndex = 1;
}
try {
  for (const rule of await engine.start()) rules.set(rule.code, rule);
  await checking.start();
  performance.mark("interactive");
} catch (error) {
  $("counts").textContent = `The engine did not start: ${error.message}`;
}
if (navigator.serviceWorker && isSecureContext) navigator.serviceWorker.register("service-worker.js").catch(() => undefined);
