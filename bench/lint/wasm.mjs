// The linter in Wasm, as the npm package runs it: `node bench/lint/wasm.mjs`, after `bash scripts/package`.
import { HOSTILE, PROMPTS } from "./texts.mjs";

const api = await import(new URL("../../target/package/dist/node.js", import.meta.url));
await api.init();
await api.loadVocabulary("o200k_base");

/** The least milliseconds of seven runs. */
function least(run, rounds) {
  let best = Infinity;
  for (let turn = 0; turn < 7; turn++) {
    const start = process.hrtime.bigint();
    for (let round = 0; round < rounds; round++) run();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / 1e6 / rounds);
  }
  return best;
}

console.log(`| Wasm in Node ${process.version} | ms | MB/s | findings |\n|---|--:|--:|--:|`);
for (const [name, text] of [...Object.entries(PROMPTS), ...Object.entries(HOSTILE).map(([name, text]) => [`64 KB of \`${name}\``, text])]) {
  const { summary: { errors, warnings, infos } } = api.lint(text);
  const ms = least(() => api.lint(text), text.length > 10_000 ? 3 : 50);
  console.log(`| ${name} | ${ms.toFixed(3)} | ${(Buffer.byteLength(text) / 1e3 / ms).toFixed(1)} | ${errors + warnings + infos} |`);
}
