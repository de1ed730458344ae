// `promptgate tokens`: exact token counts of files.
import { countTokens, loadVocabulary, vocabularyOf } from "./engine.js";
import { decode, input, read } from "./files.js";
import { Usage } from "./usage.js";

export const tokensCommand = {
  help: `promptgate tokens FILES… [options]

  --model NAME         counts as this model does
  --vocabulary NAME    counts in cl100k_base or o200k_base (default)
  --format FORMAT      text (default) or json
`,
  options: {
    model: { type: "string" },
    vocabulary: { type: "string" },
    format: { type: "string", default: "text" },
  },
  async run(files, { model, vocabulary, format }) {
    if (files.length === 0) throw new Usage("Name the files: promptgate tokens FILE");
    if (model !== undefined && vocabulary !== undefined) throw new Usage("Either --model or --vocabulary.");
    if (!["text", "json"].includes(format)) throw new Usage("--format is text or json.");
    const wanted = vocabulary ?? (model === undefined ? "o200k_base" : vocabularyOf(model));
    if (wanted !== undefined) await loadVocabulary(wanted);
    else process.stderr.write(`The vocabulary of ${JSON.stringify(model)} is not public: the counts are estimates.\n`);
    const counts = [];
    for (const file of files) {
      const text = decode(file === "-" ? await input() : read(file), file);
      counts.push({ file, ...countTokens(text, model ?? wanted) });
    }
    process.stdout.write(format === "json" ? `${JSON.stringify(counts, null, 2)}\n` : table(counts));
    return 0;
  },
};

function table(counts) {
  const rows = counts.map(({ file, tokens, counted_by }) => [String(tokens), counted_by, file]);
  if (rows.length > 1) rows.push([String(counts.reduce((sum, { tokens }) => sum + tokens, 0)), "", "total"]);
  const width = (column) => Math.max(...rows.map((row) => row[column].length));
  const [first, second] = [width(0), width(1)];
  return rows.map(([tokens, by, file]) => `${tokens.padStart(first)}  ${by.padEnd(second)}  ${file}\n`).join("");
}
