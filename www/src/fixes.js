// What is done about findings: fixed one by one or all at once, or ignored with a reason.
import { options } from "./check.js";
import { ask } from "./dialog.js";
import { $ } from "./element.js";
import * as engine from "./engine.js";
import { many, say } from "./notice.js";

/** What a card or the list does about a finding: `fix(finding)`, `ignore(finding)`. */
export function createFixes(editor, checking) {
  for (const [id, unsafe] of [["fix-safe", false], ["fix-all", true]]) {
    $(id).addEventListener("click", () => fixAll(unsafe).catch((error) => say(error.message, true)));
  }

  async function fixAll(unsafe) {
    const { doc } = editor.view.state;
    const { text, applied } = await engine.fix(doc.toString(), { ...options(), unsafe });
    if (!editor.view.state.doc.eq(doc)) return;
    editor.replace(text);
    say(applied.length ? `${many(applied.length, "fix").replace(/fixs$/, "fixes")} applied. Undo with Ctrl Z.` : "No fix could be applied.");
  }

  return {
    async fix(wanted) {
      const current = await checking.fresh(wanted);
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
}
