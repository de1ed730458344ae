// The document in the editor: kept for this tab, read from a link, packed into one.
import { $ } from "./element.js";
import { isPacked, pack, unpack } from "./link.js";
import { say } from "./notice.js";
import { store } from "./store.js";

/** The documents that come into `editor`; `changed` is called when another is in it. */
export function createDocuments(editor, changed) {
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
    changed();
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

  /** Puts the document into the address. */
  async function link() {
    const shared = state();
    const hash = await pack(shared);
    history.replaceState(null, "", hash);
    linked = shared;
    // what was written meanwhile is not in the link
    keep();
  }

  return { fromLink, keep, kept, link, show };
}
