// The engine for the command line: the Wasm beside it, read as bytes.
import { readFileSync } from "node:fs";
import { provide } from "../api.js";

// Of the bundle, and of the sources beside it.
const folder = new URL("../", import.meta.url);

let compiled;
/** The Wasm, compiled once: threads are given it. */
export const module = () => (compiled ??= new WebAssembly.Module(readFileSync(new URL("promptgate_bg.wasm", folder))));

provide({
  wasm: module,
  fetchVocabulary: async (name) => readFileSync(new URL(`tokens/${name}.tokens`, folder)),
});
export * from "../exports.js";
