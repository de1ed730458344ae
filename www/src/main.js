// The page: what the controls do, and the way of a document through the engine.
import { SAMPLES } from "assets";
import { card } from "./card.js";
import { createEditor } from "./editor.js";
import { $, element } from "./element.js";
import * as engine from "./engine.js";
import { isPacked, pack, unpack } from "./link.js";
import { announceCount, many, say } from "./notice.js";
import { showPreview, values } from "./preview.js";
import { arrows, LISTED, showList } from "./problems.js";

const KINDS = Object.fromEntries([...$("kind").options].map((option) => [option.value, option.text]));

/** By code: the rule with its documentation. */
const rules = new Map();
/** The last report, and the text it is about. */
let report, reported;
/** Whether the engine is at work, and whether there is something newer for it. */
let busy = false, again = false, started = false;

const finding = {
  async fix(wanted) {
    const current = await fresh(wanted);
    if (!current?.fix) return say("This is no longer found.");
    const changes = current.fix.edits.map(({ start, end, text }) => ({ from: start.offset, to: end.offset, insert: text }));
    editor.edit(changes);
    // who works through the list stays there
    if (!$("list").contains(document.activeElement)) editor.view.focus();
    say(`${current.code}: ${current.fix.title}.`);
  },
  async ignore(wanted) {
    const write = (reason) => engine.ignore(editor.text, wanted.code, reason, options());
    try {
      // a reason is asked for only where there is a place for it
      await write("why");
    } catch (error) {
      return say(error.message, true);
    }
    $("ignore-title").textContent = `Ignore ${wanted.code} ${wanted.name}`;
    $("reason").value = "";
    if (!(await ask($("ignore")))) return;
    const { doc } = editor.view.state;
    try {
      const { start, end, text } = await write($("reason").value);
      if (!editor.view.state.doc.eq(doc)) return;
      editor.edit([{ from: start.offset, to: end.offset, insert: text }]);
      editor.view.focus();
      say(`${wanted.code} is ignored in this document.`);
    } catch (error) {
      say(error.message, true);
    }
  },
};

const editor = createEditor($("editor"), {
  changed(byUser) {
    if (byUser) $("sample").value = "";
    else editor.takePressed();
    keep();
    check();
  },
  moved: showPlace,
  card: (found) => card(found, rules.get(found.code)?.documentation, finding),
  peekKey: (event) => problemKey(event),
  keys: [{ key: "Mod-.", run: () => openAtCursor() }],
});

// --- the way of a document ---

const options = () => ({
  ...($("kind").value && { kind: $("kind").value }),
  ...($("dialect").value && { config: { dialect: $("dialect").value } }),
});

/** Lints; while the engine is at work only the newest text waits for it. Then what would be sent, likewise. */
async function check() {
  if (!started) return;
  again = true;
  if (busy) return;
  busy = true;
  while (again) {
    again = false;
    const pressed = editor.takePressed();
    const { doc } = editor.view.state;
    const text = doc.toString();
    try {
      const found = await engine.lint(text, options());
      // what is about an older text is dropped
      if (!editor.view.state.doc.eq(doc)) continue;
      report = found;
      reported = doc;
      editor.setJson(found.kind !== "text");
      editor.setFindings(found.findings);
      if (pressed) measure(pressed);
      afterPaint(showReport);
      if (again) continue;
      const preview = await engine.preview(text, found.kind, values);
      if (!editor.view.state.doc.eq(doc) || again) continue;
      showPreview(preview, found.kind, check);
    } catch (error) {
      $("counts").textContent = error.message;
    }
  }
  busy = false;
  for (const wake of settled.splice(0)) wake();
}

const settled = [];
/** When there is a report about the text as it is. */
async function upToDate() {
  if (busy || again) await new Promise((wake) => settled.push(wake));
}

/** A finding as the newest report has it. */
async function fresh(wanted) {
  if (reported?.eq(editor.view.state.doc) && report.findings.includes(wanted)) return wanted;
  await upToDate();
  const same = report.findings.filter(({ code, message, path }) => code === wanted.code && message === wanted.message && path === wanted.path);
  const distance = ({ start }) => Math.abs(start.offset - wanted.start.offset);
  return same.sort((a, b) => distance(a) - distance(b))[0];
}

/** Runs `work` when what is now in the document has been painted; where it is not yet run, the newer one alone. */
function afterPaint(work) {
  if (!pending) requestAnimationFrame(() => setTimeout(() => {
    const newest = pending;
    pending = undefined;
    newest();
  }));
  pending = work;
}
let pending;

/** From the key's own time until the squiggles are painted, as a measure in the performance timeline. */
function measure(pressed) {
  requestAnimationFrame(() => setTimeout(() => {
    performance.measure("key-to-squiggle", { start: pressed, end: performance.now() });
  }));
}

// --- what was found ---

const counted = ({ errors, warnings, infos }) =>
  [[errors, "error"], [warnings, "warning"], [infos, "remark"]].filter(([count]) => count).map(([count, word]) => many(count, word)).join(", ") || "Nothing found";

function showReport() {
  const { summary, findings, kind } = report;
  const total = summary.errors + summary.warnings + summary.infos;
  $("counts").textContent = counted(summary);
  $("problem-count").textContent = total ? String(total) : "";
  $("detected").textContent = KINDS[kind] ?? kind;
  $("kind").options[0].text = $("kind").value ? "Auto" : `Auto: ${(KINDS[kind] ?? kind).toLowerCase()}`;
  const fixable = findings.filter((found) => found.fix).length;
  enable($("fix-safe"), summary.fixable, "Fix safe");
  enable($("fix-all"), fixable, "Fix all");
  $("clean").hidden = total > 0;
  showList(findings, summary.omitted, rules, { open, ...finding });
  showPlace();
  announceCount(counted(summary));
}

function enable(button, count, label) {
  button.disabled = !count;
  button.textContent = count ? `${label} (${count})` : label;
}

function showPlace() {
  if (!report) return;
  const isAtWork = document.activeElement === $("editor");
  const { head } = editor.view.state.selection.main;
  report.findings.slice(0, LISTED).forEach((found, index) => {
    const isHere = isAtWork && found.start.offset <= head && head <= found.end.offset;
    $("list").children[index]?.toggleAttribute("data-here", isHere);
  });
}

// --- from problem to problem ---

/** The finding whose card was last opened by key. */
let current;

function open(found) {
  current = found;
  fresh(found).then((same) => same && editor.peek((current = same)));
}

async function step(direction) {
  await upToDate();
  const { findings } = report;
  if (!findings.length) return say("Nothing found.");
  // by what it says: the report may be a newer one about the same text
  let index = findings.findIndex(({ code, message, start }) =>
    code === current?.code && message === current.message && start.offset === current.start.offset);
  const { head } = editor.view.state.selection.main;
  if (index < 0 || findings[index].start.offset !== head) {
    const after = findings.findIndex(({ start }) => start.offset >= head);
    index = direction > 0 ? (after < 0 ? 0 : after) : (after < 0 ? findings.length : after) - 1;
  } else {
    index += direction;
  }
  open(findings.at(index % findings.length));
}

function openAtCursor() {
  const { head } = editor.view.state.selection.main;
  const here = report?.findings.filter(({ start, end }) => start.offset <= head && head <= end.offset) ?? [];
  const found = here.find((one) => one.fix) ?? here[0];
  if (found) open(found);
  else say("Nothing is found here.");
  return true;
}

function problemKey(event) {
  if (event.key !== "F8" || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  if (report) step(event.shiftKey ? -1 : 1);
}
document.addEventListener("keydown", problemKey);

// A fix from the list is undone there too.
document.addEventListener("keydown", (event) => {
  const isUndo = (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "z";
  if (!isUndo || document.activeElement === $("editor") || event.target.closest("input, textarea, dialog")) return;
  event.preventDefault();
  if (event.shiftKey) editor.redo();
  else editor.undo();
});

arrows($("list"), () => [...$("list").querySelectorAll(".place")], ["ArrowUp", "ArrowDown"]);

const tabs = [...document.querySelectorAll("[role=tab]")];
function select(tab) {
  for (const each of tabs) {
    each.setAttribute("aria-selected", String(each === tab));
    each.tabIndex = each === tab ? 0 : -1;
    $(each.getAttribute("aria-controls")).hidden = each !== tab;
  }
}
for (const tab of tabs) tab.addEventListener("click", () => select(tab));
arrows(document.querySelector("[role=tablist]"), () => tabs, ["ArrowLeft", "ArrowRight"], select);

// --- controls ---

function ask(dialog) {
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "ok"), { once: true });
  });
}
for (const button of document.querySelectorAll("[data-close]")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}

async function fixAll(unsafe) {
  const { doc } = editor.view.state;
  const { text, applied } = await engine.fix(doc.toString(), { ...options(), unsafe });
  if (!editor.view.state.doc.eq(doc)) return;
  editor.replace(text);
  say(applied.length ? `${many(applied.length, "fix").replace(/fixs$/, "fixes")} applied. Undo with Ctrl Z.` : "No fix could be applied.");
}
for (const [id, unsafe] of [["fix-safe", false], ["fix-all", true]]) {
  $(id).addEventListener("click", () => fixAll(unsafe).catch((error) => say(error.message, true)));
}

async function copy(text, told) {
  try {
    await navigator.clipboard.writeText(text);
    say(told);
  } catch {
    $("manual-text").value = text;
    $("manual").showModal();
    $("manual-text").select();
  }
}

const formats = {
  text: () => report.findings.map(({ start, severity, code, name, message }) => `${start.line}:${start.column} ${severity} ${code} ${name}: ${message}\n`).join("") || "Nothing found.\n",
  json: () => JSON.stringify(report, null, 2),
  async sarif() {
    const uri = report.kind === "text" ? "prompt.txt" : "prompt.json";
    const { kind = report.kind, ...rest } = options();
    return JSON.stringify(await engine.sarif([{ uri, text: editor.text, kind, ...rest }]), null, 2);
  },
};
for (const button of document.querySelectorAll("[data-format]")) {
  button.addEventListener("click", async () => {
    await upToDate();
    if (!report) return;
    try {
      copy(await formats[button.dataset.format](), `Copied as ${button.textContent}.`);
    } catch (error) {
      say(error.message, true);
    }
  });
}

/** Whether the text may be shared: asked where something secret is in it, or where that is not known. */
async function mayShare() {
  // an engine that does not answer is one that has not looked
  await Promise.race([upToDate(), new Promise((wake) => setTimeout(wake, 3000))]);
  const isChecked = reported?.eq(editor.view.state.doc);
  const secret = [...new Set((report?.findings ?? []).filter(({ code }) => rules.get(code)?.secret).map(({ code, name }) => `${code} ${name}`))];
  if (isChecked && !secret.length) return true;
  $("warn-title").textContent = isChecked ? "This text holds secrets or personal data" : "This text is not checked";
  const why = isChecked ? `${secret.join(" and ")} found something here.` : "Nothing has looked for secrets and personal data in it.";
  $("warn-text").textContent = `${why} The link holds the whole text: whoever has it can read it.`;
  return ask($("warn"));
}

$("share").addEventListener("click", async () => {
  if (!(await mayShare())) return;
  const shared = state();
  try {
    const hash = await pack(shared);
    history.replaceState(null, "", hash);
  } catch (error) {
    return say(error.message, true);
  }
  linked = shared;
  // what was written meanwhile is not in the link
  keep();
  copy(location.href, "Link copied. The text is in the link itself, and on no server.");
});

for (const id of ["kind", "dialect"]) $(id).addEventListener("change", () => { keep(); check(); });

$("sample").append(...SAMPLES.map(({ group, samples }) => element("optgroup", { label: group },
  ...samples.map(({ name, text }) => Object.assign(element("option", {}, name), { sample: text })))));
$("sample").addEventListener("change", () => {
  const { sample } = $("sample").selectedOptions[0];
  if (sample !== undefined) show({ text: sample });
});

const THEMES = ["auto", "light", "dark"];
function theme(name) {
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  $("theme").textContent = `Theme: ${name}`;
}
theme(document.documentElement.dataset.theme ?? "auto");
$("theme").addEventListener("click", () => {
  const next = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme ?? "auto") + 1) % THEMES.length];
  theme(next);
  store(localStorage, "theme", next === "auto" ? null : next);
});

// --- the beginning ---

function store(storage, name, value) {
  try {
    if (value === null) storage.removeItem(name);
    else storage.setItem(name, value);
  } catch {
    // no storage, or it is full: nothing depends on it
  }
}

const state = () => ({ text: editor.text, kind: $("kind").value, dialect: $("dialect").value });

/** The document of the address, while it is the one in the editor; and whether it is just being put there. */
let linked, opening = false;
function isLinked() {
  if (!linked || linked.text.length !== editor.view.state.doc.length) return false;
  const now = state();
  return ["text", "kind", "dialect"].every((name) => now[name] === linked[name]);
}

let keeping;
/**
 * Keeps the document for this tab alone, so that a reload does not lose it. The one of a link is in the address: it
 * takes the place of nothing, until it is changed; then the address is no longer its.
 */
function keep() {
  if (opening || isLinked()) return;
  linked = undefined;
  if (isPacked(location.hash)) history.replaceState(null, "", location.pathname + location.search);
  clearTimeout(keeping);
  keeping = setTimeout(keepNow, 300);
}

function keepNow() {
  clearTimeout(keeping);
  keeping = undefined;
  store(sessionStorage, "document", JSON.stringify(state()));
}
addEventListener("pagehide", () => keeping && keepNow());

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem("document"));
  } catch {
    return null;
  }
}

function show({ text, kind = "", dialect = "" }, undoable = true) {
  for (const [id, value] of [["kind", kind], ["dialect", dialect]]) {
    $(id).value = value;
    if ($(id).selectedIndex < 0) $(id).value = "";
  }
  editor.replace(text, { undoable });
  check();
}

async function fromLink() {
  try {
    const shared = await unpack(location.hash);
    if (shared) {
      // what was not yet kept is the reader's own
      if (keeping) keepNow();
      opening = true;
      // under it, so that Undo leads back to one's own text
      if (!editor.text) editor.replace(kept()?.text ?? "", { undoable: false });
      show(shared);
      opening = false;
      linked = state();
      $("sample").value = "";
      return true;
    }
  } catch {
    say("The link is damaged: its text cannot be read.", true);
  }
  return false;
}
addEventListener("hashchange", fromLink);

$("origin").textContent = location.origin;
if (!(await fromLink())) {
  const before = kept();
  show(before ?? SAMPLES[0].samples[0], false);
  if (!before) $("sample").selectedIndex = 1;
}
try {
  for (const rule of await engine.start()) rules.set(rule.code, rule);
  started = true;
  await check();
  performance.mark("interactive");
} catch (error) {
  $("counts").textContent = `The engine did not start: ${error.message}`;
}
if (navigator.serviceWorker && isSecureContext) navigator.serviceWorker.register("service-worker.js").catch(() => undefined);
