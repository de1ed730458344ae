// The texts of the benchmark: `node bench/lint/texts.mjs FOLDER` writes each to a file of its own.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const WORDS = "customer parcel order refund address carrier invoice answer record agent policy delivery note reason claim".split(" ");

/** A prompt of `bytes` bytes: sentences that differ, each with a variable between tags. */
function prompt(bytes) {
  let text = "";
  for (let at = 0; text.length < bytes; at++) {
    const words = Array.from({ length: 9 }, (_, word) => WORDS[(at * 7919 + word * 31 * (1 + (at % 13))) % WORDS.length]);
    text += `Say which ${words.join(" ")} number ${at} is, for <q-{{nonce}}>{{${WORDS[at % WORDS.length]}}}</q-{{nonce}}>.\n`;
  }
  return text.slice(0, bytes).replace(/\n[^\n]*$/, "\n");
}

/** By name: prompts as people write them. */
export const PROMPTS = { "prompt of 2 KB": prompt(2 << 10), "prompt of 64 KB": prompt(64 << 10) };

const full = (piece) => piece.repeat(Math.floor((64 << 10) / piece.length));
/** By name: 64 KB of what is hard on a parser. */
export const HOSTILE = {
  "{": full("{"), "{{": full("{{a"), "${`": full("${`"), "${[": `\${${"[".repeat(65_000)}}`, "{{#a}}": full("{{#a}}"),
  "U+202E": "\u202e".repeat(21_845), "<a {{b}}": full("<a {{b}} "), "\"\",": `{"a":[${full("\"\",")}""]}`,
  "\"user_templat\":1,": `{${full("\"user_templat\":1,")}"system_instruction":"x"}`,
};

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [folder] = process.argv.slice(2);
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(PROMPTS)) writeFileSync(join(folder, `${name.replaceAll(" ", "-")}.txt`), text);
}
