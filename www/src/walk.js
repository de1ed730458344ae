// From problem to problem, by key.
import { $ } from "./element.js";
import { say } from "./notice.js";
import { arrows } from "./problems.js";

/** The way by key through what `checking` found in `editor`: `open(finding)`, `openAtCursor()`, `problemKey(event)`. */
export function createWalk(editor, checking) {
  /** The finding whose card was last opened by key. */
  let current;

  function open(found) {
    current = found;
    checking.fresh(found).then((same) => same && editor.peek((current = same)));
  }

  async function step(direction) {
    await checking.upToDate();
    const { findings } = checking.report;
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
    const here = checking.report?.findings.filter(({ start, end }) => start.offset <= head && head <= end.offset) ?? [];
    const found = here.find((one) => one.fix) ?? here[0];
    if (found) open(found);
    else say("Nothing is found here.");
    return true;
  }

  function problemKey(event) {
    if (event.key !== "F8" || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    if (checking.report) step(event.shiftKey ? -1 : 1);
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

  return { open, openAtCursor, problemKey };
}
