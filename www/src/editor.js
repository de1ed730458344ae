// The editor: CodeMirror in a shadow root, where its styles need no 'unsafe-inline'.
import { defaultKeymap, history, historyKeymap, isolateHistory, redo, undo } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { linter, lintGutter, setDiagnostics } from "@codemirror/lint";
import { Compartment, EditorState, StateEffect, StateField, Transaction } from "@codemirror/state";
import {
  drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers,
  showTooltip, tooltips,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import styles from "./editor.css";

const language = new Compartment();

/** The finding whose card stands open at its place. */
const setPeek = StateEffect.define();
const peek = StateField.define({
  create: () => null,
  update(value, transaction) {
    for (const effect of transaction.effects) if (effect.is(setPeek)) return effect.value;
    return transaction.docChanged || transaction.selection ? null : value;
  },
  provide: (field) => showTooltip.from(field),
});

/** A character that nobody would see, as its code; no squiggle can be drawn around what stands in its place. */
function codePoint(code, description) {
  const shown = document.createElement("span");
  shown.textContent = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  shown.title = description;
  shown.setAttribute("aria-label", description);
  shown.className = "cm-specialChar";
  return shown;
}

/** Where cards may stand: the window, with a margin. */
function tooltipSpace() {
  const { clientWidth, clientHeight } = document.documentElement;
  return { left: 8, top: 8, right: clientWidth - 8, bottom: clientHeight - 8 };
}

const highlighting = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--code-name)" },
  { tag: tags.string, color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--code-value)" },
]);

/**
 * Makes the editor in `parent`. `handlers`: `changed(byUser)`, `moved()`, `card(finding)` gives the element of a
 * finding, `keys` are key bindings.
 */
export function createEditor(parent, handlers) {
  const root = parent.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(styles);
  let isJson = false;
  let pressed = 0;

  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      extensions: [
        lineNumbers(), highlightActiveLineGutter(), highlightActiveLine(), highlightSpecialChars({ render: codePoint }), drawSelection(),
        history(), bracketMatching(), language.of([]), syntaxHighlighting(highlighting), EditorView.lineWrapping,
        linter(null), lintGutter(), peek, tooltips({ position: "fixed", tooltipSpace }),
        keymap.of([...handlers.keys, { key: "Escape", run: () => closePeek() }, ...defaultKeymap, ...historyKeymap]),
        EditorView.contentAttributes.of({
          "aria-label": "Prompt, template or request", spellcheck: "false", autocorrect: "off", autocapitalize: "off",
        }),
        EditorView.domEventHandlers({
          keydown: (event) => void (pressed = event.timeStamp),
          beforeinput: (event) => void (pressed ||= event.timeStamp),
        }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) handlers.changed(update.transactions.some((transaction) => transaction.isUserEvent("input") || transaction.isUserEvent("delete")));
          if (update.docChanged || update.selectionSet) handlers.moved();
        }),
      ],
    }),
  });
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];

  function closePeek() {
    if (!view.state.field(peek)) return false;
    view.dispatch({ effects: setPeek.of(null) });
    view.focus();
    return true;
  }

  return {
    view,
    get text() {
      return view.state.doc.toString();
    },
    /** When the key was pressed that began what is now being looked at; 0 where none was. */
    takePressed() {
      const at = pressed;
      pressed = 0;
      return at;
    },
    setJson(wanted) {
      if (wanted !== isJson) view.dispatch({ effects: language.reconfigure(wanted ? json() : []) });
      isJson = wanted;
    },
    /** Shows findings; their places are those of the text as it is now. */
    setFindings(findings) {
      const diagnostics = findings.map((finding) => ({
        from: finding.start.offset,
        to: finding.end.offset,
        severity: finding.severity,
        message: finding.message,
        renderMessage: () => handlers.card(finding),
      }));
      view.dispatch(setDiagnostics(view.state, diagnostics));
    },
    /** Another text in place of this one; only what differs is touched, so that the cursor stays. */
    replace(text, { undoable = true } = {}) {
      const old = view.state.doc.toString();
      let start = 0;
      while (start < old.length && start < text.length && old[start] === text[start]) start++;
      let end = 0;
      while (end < old.length - start && end < text.length - start && old.at(-1 - end) === text.at(-1 - end)) end++;
      view.dispatch({
        changes: { from: start, to: old.length - end, insert: text.slice(start, text.length - end) },
        annotations: [isolateHistory.of("full"), Transaction.addToHistory.of(undoable)],
      });
    },
    /** Applies edits of the text as it is now; one step to undo. */
    edit(changes) {
      view.dispatch({ changes, annotations: isolateHistory.of("full"), scrollIntoView: true });
    },
    undo: () => undo(view),
    redo: () => redo(view),
    /** Goes to a finding and opens its card, with the focus on its first button. */
    peek(finding) {
      const at = Math.min(finding.start.offset, view.state.doc.length);
      view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
      const create = () => {
        const dom = document.createElement("div");
        dom.className = "peek";
        dom.setAttribute("role", "dialog");
        dom.setAttribute("aria-label", `${finding.severity} ${finding.code}: ${finding.message}`);
        dom.append(handlers.card(finding));
        dom.addEventListener("keydown", (event) => {
          if (event.key === "Escape") closePeek();
          // CodeMirror would take the keys of what is in it
          event.stopPropagation();
          handlers.peekKey(event);
        });
        return { dom, offset: { x: 0, y: 5 }, mount: () => requestAnimationFrame(() => dom.querySelector("button, [tabindex]")?.focus({ preventScroll: true })) };
      };
      view.dispatch({ effects: setPeek.of({ pos: at, create, above: false, strictSide: false }) });
    },
  };
}
