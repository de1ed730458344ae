// `prepare` in Wasm beside the document's JavaScript, in turns within one Node process.
import { createRequire } from "node:module";
import { prepare as document } from "./document.mjs";

const { prepareChat: wasm } = createRequire(import.meta.url)("../target/bench-wasm/promptgate_wasm.js");

const text = (length) => "The parcel was sent on Tuesday and has not come. ".repeat(Math.ceil(length / 49)).slice(0, length);
const request = (instructions, instruction, messages, content, maxTokens) => new TextEncoder().encode(JSON.stringify({
  systemInstructions: Array(instructions).fill(text(instruction)),
  context: Array.from({ length: messages }, (_, index) => ({ role: ["user", "agent"][index % 2], content: text(content) })),
  temperature: 0.3, maxTokens, modelId: "support-small",
}));

function microseconds(run, body, rounds) {
  const start = process.hrtime.bigint();
  for (let round = 0; round < rounds; round++) run(body);
  return Number(process.hrtime.bigint() - start) / 1000 / rounds;
}
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

console.log("prepare, Node " + process.version);
console.log("request      bytes   wasm µs   zod µs   zod/wasm");
for (const [name, body, rounds] of [["small", request(1, 80, 4, 120, 512), 2000], ["largest", request(5, 500, 25, 4000, 4096), 100]]) {
  if (JSON.stringify(JSON.parse(wasm(body))) !== document(body)) throw new Error("the two do not agree on the payload");
  const times = { wasm: [], document: [] };
  for (let turn = 0; turn < 15; turn++) {
    times.wasm.push(microseconds(wasm, body, rounds));
    times.document.push(microseconds(document, body, rounds));
  }
  const [a, b] = [median(times.wasm), median(times.document)];
  console.log(`${name.padEnd(10)} ${String(body.length).padStart(7)} ${a.toFixed(1).padStart(9)} ${b.toFixed(1).padStart(8)} ${(b / a).toFixed(2).padStart(10)}`);
}
