// The linter in Wasm, as the npm package runs it: one template of 2 KB, one of 64 KB, and hostile texts of 64 KB.
import { pathToFileURL } from "node:url";

const api = await import(pathToFileURL(new URL("../target/package/dist/node.js", import.meta.url).pathname));
await api.init();
await api.loadVocabulary("cl100k_base");

const sentence = "Tell the customer where the parcel {{order_number}} is, and when it will come. Say only what the record says. ";
const template = (bytes) => JSON.stringify({
  name: "bench", system_instruction: "You answer questions about deliveries. Be brief.",
  user_template: `<q-{{nonce}}>\n${sentence.repeat(Math.ceil(bytes / sentence.length))}\n</q-{{nonce}}>`.slice(0, bytes),
  variables: [{ name: "order_number", max_length: 20 }, { name: "nonce", max_length: 64, trusted: true }], max_tokens: 128000,
});
const texts = [
  ["template, 2 KB", template(2048 - 300), 300],
  ["template, 60 KB", template(60_000), 12],
  ["64 KB of {", "{".repeat(65_536), 4],
  ["64 KB of ${`", "${`".repeat(21_845), 4],
  ["64 KB of [ in ${", `\${${"[".repeat(65_000)}}`, 4],
  ["64 KB of \\u202e", "\u202e".repeat(21_845), 4],
];
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
console.log(`lint, Wasm in Node ${process.version}\ntext                   ms      MB/s  findings`);
for (const [name, text, rounds] of texts) {
  const times = [];
  let findings = 0;
  for (let turn = 0; turn < 7; turn++) {
    const start = process.hrtime.bigint();
    for (let round = 0; round < rounds; round++) findings = api.lint(text, {}).findings.length;
    times.push(Number(process.hrtime.bigint() - start) / 1e6 / rounds);
  }
  const ms = median(times);
  const speed = Buffer.byteLength(text) / 1e3 / ms;
  console.log(`${name.padEnd(18)} ${ms.toFixed(3).padStart(8)} ${speed.toFixed(1).padStart(8)} ${String(findings).padStart(9)}`);
}
