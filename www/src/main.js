// The page: what the controls do, and the way of a document through the engine.
import { SAMPLES } from "assets";
import { buttons, card } from "./card.js";
import { createEditor } from "./editor.js";
import * as engine from "./engine.js";
import { ignore } from "./ignore.js";
import { pack, unpack } from "./link.js";
import { element, inline, markdown } from "./markdown.js";

const $ = (id) => document.getElementById(id);
/** Most entries of the list; all are in the editor and in copies. */
const LISTED = 200;
const KINDS = Object.fromEntries([...$("kind").options].map((option) => [option.value, option.text]));

/** By code: the rule with its documentation. */
const rules = new Map();
/** The last report, and the text it is about. */
let report, reported;
/** Whether the engine is at work, and whether there is something newer for it. */
let busy = false, again = false, started = false;
let values = {};

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
    $("ignore-title").textContent = `Ignore ${wanted.code} ${wanted.name}`;
    $("reason").value = "";
    if (!(await ask($("ignore")))) return;
    const change = ignore(editor.view.state, report.kind === "text", wanted.code, $("reason").value.trim());
    if (!change) return say("An ignore has its place in a JSON object or in plain text.", true);
    editor.edit(change);
    editor.view.focus();
    say(`${wanted.code} is ignored in this document.`);
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
      showPreview(preview, found.kind);
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

const many = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
const counted = ({ errors, warnings, infos }) =>
  [[errors, "error"], [warnings, "warning"], [infos, "remark"]].filter(([count]) => count).map(([count, word]) => many(count, word)).join(", ") || "Nothing found";

function showReport() {
  const { summary, findings, kind } = report;
  const total = summary.errors + summary.warnings + summary.infos;
  $("counts").textContent = counted(summary);
  $("problem-count").textContent = total ? String(total) : "";
  $("detected").textContent = KINDS[kind] ?? kind;
  $("kind").options[0].text = $("kind").value ? "Auto" : `Auto: ${(KINDS[kind] ?? kind).toLowerCase()}`;
  const mendable = findings.filter((found) => found.fix).length;
  enable($("fix-safe"), summary.fixable, "Fix safe");
  enable($("fix-all"), mendable, "Fix all");
  $("clean").hidden = total > 0;
  showList(findings, summary.omitted);
  showPlace();
  announceCount(counted(summary));
}

function enable(button, count, label) {
  button.disabled = !count;
  button.textContent = count ? `${label} (${count})` : label;
}

/** The entries whose documentation stands open; they stay so while the text changes. */
const unfolded = new Set();

function showList(findings, omitted) {
  const list = $("list");
  const at = [...list.children].indexOf(document.activeElement?.closest("#list > li"));
  const items = findings.slice(0, LISTED).map((found, index) => {
    const go = element("button", { type: "button", class: "place", tabindex: index ? "-1" : "0", onclick: () => open(found) },
      element("span", { class: "mark", "aria-hidden": "true" }),
      element("span", { class: "message" }, ...inline(found.message)),
      element("span", { class: "where" }, `${found.severity} ${found.code} ${found.name}, line ${found.start.line}, column ${found.start.column}`));
    const page = element("div", { class: "documentation" });
    const about = element("button", { type: "button", onclick: () => {
      const isOpen = unfolded.delete(key) || !unfolded.add(key);
      fold(!isOpen);
    } }, `About ${found.code}`);
    const key = `${found.code} ${found.path} ${found.message}`;
    const fold = (isOpen) => {
      if (isOpen && !page.hasChildNodes()) page.append(markdown(rules.get(found.code)?.documentation ?? ""));
      page.hidden = !isOpen;
      about.setAttribute("aria-expanded", String(isOpen));
    };
    fold(unfolded.has(key));
    const item = element("li", { class: found.severity }, go, buttons(found, finding, about), page);
    return item;
  });
  const more = findings.length - items.length + omitted;
  if (more > 0) items.push(element("li", { class: "more" }, `and ${more} more`));
  list.replaceChildren(...items);
  if (at >= 0) (list.children[Math.min(at, items.length - 1)]?.querySelector("button") ?? $("tab-problems")).focus({ preventScroll: true });
}

let announced = "", announcing;
/** Counts are told when typing rests, and only where they differ. */
function announceCount(text) {
  clearTimeout(announcing);
  announcing = setTimeout(() => {
    if (text !== announced) $("announcer").textContent = announced = text;
  }, 700);
}

let toasting;
/** Tells what has been done, to eyes and to screen readers. */
function say(text, isFailure = false) {
  $("announcer").textContent = text;
  $("toast").textContent = text;
  $("toast").classList.toggle("failure", isFailure);
  $("toast").hidden = false;
  clearTimeout(toasting);
  toasting = setTimeout(() => ($("toast").hidden = true), 4000);
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

/** Arrows within a row of things of which one has the tab stop. */
function arrows(container, things, keys, chosen = () => {}) {
  container.addEventListener("keydown", (event) => {
    const all = things();
    const at = all.indexOf(document.activeElement);
    if (at < 0) return;
    const to = { [keys[0]]: at - 1, [keys[1]]: at + 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = all.at(to % all.length);
    for (const thing of all) thing.tabIndex = thing === next ? 0 : -1;
    next.focus();
    chosen(next);
  });
}
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

// --- what would be sent ---

function showPreview({ variables = [], blocks, json, error, tokens, counted_by, vocabulary }, kind) {
  showTokens(tokens, counted_by, vocabulary);
  showInputs(variables);
  const isTemplate = kind === "prompt_template";
  $("variables-note").textContent = !isTemplate ? "Only prompt templates are rendered here."
    : variables.length ? "What is empty is shown by its name. Values stay in this page, and out of shared links."
      : "This template declares no variables.";
  $("preview-title").hidden = !isTemplate;
  const shown = error ? [fault(error)] : (blocks ?? []).flatMap(({ title, text }) => [...(title ? [element("h3", {}, title)] : []), element("pre", { tabindex: "0" }, text)]);
  $("preview").replaceChildren(...(isTemplate ? shown : []));

  $("payload-note").textContent = error ? "The gateway would refuse this, and send nothing."
    : kind === "prompt_template" ? "What the gateway makes of the template, with these values."
      : kind === "chat_request" ? "What the gateway would send upstream: checked, redacted, trimmed to its budget."
        : kind === "text" ? "A plain text is sent as it is." : "What is sent of this kind of document is not shown here.";
  $("sent").replaceChildren(...(error ? [fault(error)] : json ? [element("pre", { tabindex: "0" }, JSON.stringify(json, null, 2))] : kind === "text" ? shown : []));
}

function fault({ message, errors = [] }) {
  const list = errors.length ? errors.map(({ path, message }) => element("li", {}, element("code", {}, path), ` ${message}`)) : [element("li", {}, message)];
  return element("ul", { class: "faults" }, ...list);
}

/** The names whose inputs stand there: they are made anew only where these differ, so that typing goes on. */
let named = "";
function showInputs(variables) {
  const names = JSON.stringify(variables.map(({ name, max_length }) => [name, max_length]));
  if (names === named) return;
  named = names;
  $("inputs").replaceChildren(...variables.map(({ name, max_length }) => {
    const input = element("textarea", { rows: "1", spellcheck: "false", placeholder: `‹${name}›` });
    input.value = values[name] ?? "";
    input.addEventListener("input", () => {
      values = { ...values, [name]: input.value };
      check();
    });
    const hint = max_length ? element("small", {}, `at most ${max_length} characters`) : "";
    return element("label", {}, element("span", {}, name, " ", hint), input);
  }));
}

function showTokens(tokens, counted, vocabulary) {
  const isExact = counted && counted !== "estimate";
  $("tokens").textContent = tokens === undefined ? "" : isExact ? `${many(tokens, "token")} (${counted})` : `about ${many(tokens, "token")} (estimate)`;
  if (tokens > 0 && !isExact && vocabulary) exactly(vocabulary);
}

const failed = new Set();
/** Fetches a vocabulary when there is time, and counts again. */
function exactly(vocabulary) {
  if (failed.has(vocabulary)) return;
  const idle = globalThis.requestIdleCallback ?? ((run) => setTimeout(run, 200));
  idle(() => engine.loadVocabulary(vocabulary).then(check, () => failed.add(vocabulary)));
}

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

$("share").addEventListener("click", async () => {
  await upToDate();
  const secret = [...new Set((report?.findings ?? []).filter(({ code }) => rules.get(code)?.secret).map(({ code, name }) => `${code} ${name}`))];
  $("warn-text").textContent = `${secret.join(" and ")} found something here. The link holds the whole text: whoever has it can read it.`;
  if (secret.length && !(await ask($("warn")))) return;
  const hash = await pack({ text: editor.text, kind: $("kind").value, dialect: $("dialect").value });
  history.replaceState(null, "", hash);
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

let keeping;
/** Keeps the document for this tab alone, so that a reload does not lose it. */
function keep() {
  clearTimeout(keeping);
  keeping = setTimeout(() => store(sessionStorage, "document", JSON.stringify({ text: editor.text, kind: $("kind").value, dialect: $("dialect").value })), 300);
}

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
      show(shared);
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
