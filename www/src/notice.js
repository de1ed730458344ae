// What the page tells, to eyes and to screen readers.
import { $ } from "./element.js";

/** `1 error`, `2 errors`. */
export const many = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

let announced = "", announcing;
/** Counts are told when typing rests, and only where they differ. */
export function announceCount(text) {
  clearTimeout(announcing);
  announcing = setTimeout(() => {
    if (text !== announced) $("announcer").textContent = announced = text;
  }, 700);
}

let toasting;
/** Tells what has been done, to eyes and to screen readers. */
export function say(text, isFailure = false) {
  $("announcer").textContent = text;
  $("toast").textContent = text;
  $("toast").classList.toggle("failure", isFailure);
  $("toast").hidden = false;
  clearTimeout(toasting);
  toasting = setTimeout(() => ($("toast").hidden = true), 4000);
}
