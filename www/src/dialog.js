// Dialogs, and what is copied to the clipboard.
import { $ } from "./element.js";
import { say } from "./notice.js";

/** Opens a dialog; gives whether its question was answered with yes. */
export function ask(dialog) {
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "ok"), { once: true });
  });
}
for (const button of document.querySelectorAll("[data-close]")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}

/** Copies a text and says so; where the clipboard is closed, shows it to be copied by hand. */
export async function copy(text, told) {
  try {
    await navigator.clipboard.writeText(text);
    say(told);
  } catch {
    $("manual-text").value = text;
    $("manual").showModal();
    $("manual-text").select();
  }
}
