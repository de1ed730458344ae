// What is taken along: the report in a format, and a link that holds the document.
import { options } from "./check.js";
import { ask, copy } from "./dialog.js";
import { $ } from "./element.js";
import * as engine from "./engine.js";
import { say } from "./notice.js";

/** The buttons that copy and share; `rules` says by code which rules are about secrets. */
export function createSharing(editor, checking, documents, rules) {
  const formats = {
    text: () => checking.report.findings.map(({ start, severity, code, name, message }) => `${start.line}:${start.column} ${severity} ${code} ${name}: ${message}\n`).join("") || "Nothing found.\n",
    json: () => JSON.stringify(checking.report, null, 2),
    async sarif() {
      const uri = checking.report.kind === "text" ? "prompt.txt" : "prompt.json";
      const { kind = checking.report.kind, ...rest } = options();
      return JSON.stringify(await engine.sarif([{ uri, text: editor.text, kind, ...rest }]), null, 2);
    },
  };
  for (const button of document.querySelectorAll("[data-format]")) {
    button.addEventListener("click", async () => {
      await checking.upToDate();
      if (!checking.report) return;
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
    await Promise.race([checking.upToDate(), new Promise((wake) => setTimeout(wake, 3000))]);
    const isChecked = checking.isCurrent;
    const secret = [...new Set((checking.report?.findings ?? []).filter(({ code }) => rules.get(code)?.secret).map(({ code, name }) => `${code} ${name}`))];
    if (isChecked && !secret.length) return true;
    $("warn-title").textContent = isChecked ? "This text holds secrets or personal data" : "This text is not checked";
    const why = isChecked ? `${secret.join(" and ")} found something here.` : "Nothing has looked for secrets and personal data in it.";
    $("warn-text").textContent = `${why} The link holds the whole text: whoever has it can read it.`;
    return ask($("warn"));
  }

  $("share").addEventListener("click", async () => {
    if (!(await mayShare())) return;
    try {
      await documents.link();
    } catch (error) {
      return say(error.message, true);
    }
    copy(location.href, "Link copied. The text is in the link itself, and on no server.");
  });
}
