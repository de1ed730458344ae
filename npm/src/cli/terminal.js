// What the place that is written to can show.
import { styleText } from "node:util";

/** Columns where nobody says how many. */
const WIDTH = 100;

export class Terminal {
  #colours;

  constructor(stream, env = process.env) {
    this.columns = stream.columns ?? (Number(env.COLUMNS) || WIDTH);
    this.#colours = colours(stream, env);
  }

  /** `text` in a style of `util.styleText`, where there are colours. */
  style(style, text) {
    return this.#colours && text !== "" ? styleText(style, text, { validateStream: false }) : text;
  }
}

/** no-color.org and force-color.org: what is set and not empty counts. */
function colours(stream, env) {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return !["0", "false"].includes(env.FORCE_COLOR);
  return Boolean(stream.isTTY) && env.TERM !== "dumb";
}

/** Text from outside, fit for a terminal: what moves the cursor, turns the direction or cannot be seen is named. */
export const visible = (text) => text.replace(/[\p{C}\u2028\u2029]/gu, name);

const name = (character) => `<U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}>`;

/** A line as a terminal shows it: for each UTF-16 unit the column where it begins, and one for the end. */
export function cells(line) {
  const columns = [];
  const shown = [];
  let column = 0;
  for (const character of line) {
    const text = character === "\t" ? "  " : visible(character);
    for (let unit = 0; unit < character.length; unit++) columns.push(column);
    shown.push({ text, column });
    column += text === character ? width(character) : text.length;
  }
  columns.push(column);
  return { shown, columns };
}

/** Columns that a character takes. */
function width(character) {
  if (/[\p{Mn}\p{Me}]/u.test(character)) return 0;
  return /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u.test(character) ? 2 : 1;
}
