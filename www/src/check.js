// The way of a document through the engine: linted, then shown as it would be sent.
import { $ } from "./element.js";
import * as engine from "./engine.js";
import { showPreview, values } from "./preview.js";

/** What the reader has chosen: the kind and the dialect, where it is not found out. */
export const options = () => ({
  ...($("kind").value && { kind: $("kind").value }),
  ...($("dialect").value && { config: { dialect: $("dialect").value } }),
});

/** Linting of what is in `editor`; `shown` is called when a new report is to be shown. */
export function createCheck(editor, shown) {
  /** The last report, and the text it is about. */
  let report, reported;
  /** Whether the engine is at work, and whether there is something newer for it. */
  let busy = false, again = false, started = false;
  const settled = [];

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
        afterPaint(shown);
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

  /** When there is a report about the text as it is. */
  async function upToDate() {
    if (busy || again) await new Promise((wake) => settled.push(wake));
  }

  return {
    check,
    upToDate,
    /** The last report; undefined before the first. */
    get report() {
      return report;
    },
    /** Whether the last report is about the text as it is. */
    get isCurrent() {
      return reported?.eq(editor.view.state.doc) ?? false;
    },
    /** A finding as the newest report has it. */
    async fresh(wanted) {
      if (this.isCurrent && report.findings.includes(wanted)) return wanted;
      await upToDate();
      const same = report.findings.filter(({ code, message, path }) => code === wanted.code && message === wanted.message && path === wanted.path);
      const distance = ({ start }) => Math.abs(start.offset - wanted.start.offset);
      return same.sort((a, b) => distance(a) - distance(b))[0];
    },
    /** The engine is there: what has been written until now is checked. */
    start() {
      started = true;
      return check();
    },
  };
}

let pending;
/** Runs `work` when what is now in the document has been painted; where it is not yet run, the newer one alone. */
function afterPaint(work) {
  if (!pending) requestAnimationFrame(() => setTimeout(() => {
    const newest = pending;
    pending = undefined;
    newest();
  }));
  pending = work;
}

/** From the key's own time until the squiggles are painted, as a measure in the performance timeline. */
function measure(pressed) {
  requestAnimationFrame(() => setTimeout(() => {
    performance.measure("key-to-squiggle", { start: pressed, end: performance.now() });
  }));
}
