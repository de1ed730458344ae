// Size, start and speed of the guard as Wasm, beside redact-pii where it is installed.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";

const [withGuard, without, peers] = process.argv.slice(2);
const bytes = readFileSync(withGuard);
const base = readFileSync(without);
const texts = JSON.parse(readFileSync(new URL("texts.json", import.meta.url), "utf8")).map(
  ({ name, text, times }) => ({ name, text: text.repeat(times) }),
);

const kib = (count) => `${(count / 1024).toFixed(0)} KiB`;
console.log(`Wasm added: ${kib(bytes.length - base.length)} (${kib(gzipSync(bytes).length - gzipSync(base).length)} gzip), not yet through wasm-opt.`);

let best = Infinity;
let instance;
for (let round = 0; round < 20; round += 1) {
  const start = performance.now();
  instance = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  put(instance, "hello");
  instance.exports.check();
  best = Math.min(best, performance.now() - start);
}
console.log(`Compile, instantiate and first check: ${best.toFixed(2)} ms.\n`);

function put({ exports }, text) {
  const encoded = new TextEncoder().encode(text);
  const at = exports.reserve(encoded.length);
  new Uint8Array(exports.memory.buffer).set(encoded, at);
  return encoded.length;
}

function rate(length, work) {
  let best = Infinity;
  let spent = 0;
  for (let round = 0; round < 400 && spent < 1500; round += 1) {
    const start = performance.now();
    work();
    const took = performance.now() - start;
    spent += took;
    best = Math.min(best, took);
  }
  return `${(length / best / 1e3).toFixed(best > length / 1e5 ? 2 : 0)} MB/s`;
}

let redactor;
if (peers) try {
  const { SyncRedactor } = createRequire(`${peers}/`)("redact-pii");
  redactor = new SyncRedactor();
} catch (error) {
  console.log(`!! SKIPPED redact-pii: ${error.message.split("\n")[0]}\n`);
}

console.log("| text | guard, Wasm | redact-pii |\n|---|---|---|");
for (const { name, text } of texts) {
  const length = put(instance, text);
  const ours = rate(length, () => instance.exports.check());
  // Some texts take it minutes: a tenth of them has to do.
  const part = text.slice(0, Math.min(text.length, 4000));
  const theirs = redactor ? rate(part.length, () => redactor.redact(part)) : "–";
  console.log(`| ${name} | ${ours} | ${theirs} |`);
}
put(instance, texts[0].text.slice(0, 400));
let each = Infinity;
for (let round = 0; round < 200; round += 1) {
  const start = performance.now();
  for (let count = 0; count < 100; count += 1) instance.exports.check();
  each = Math.min(each, (performance.now() - start) * 10);
}
console.log(`\nA message of 400 bytes in Wasm: ${each.toFixed(2)} µs.`);
