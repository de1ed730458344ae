// The engine for the command line: the Wasm beside it, read as bytes, and counts that are exact.
import { readFileSync } from "node:fs";
import { missingVocabularies, provide } from "../api.js";
import * as api from "../exports.js";

// Of the bundle, and of the sources beside it.
const folder = new URL("../", import.meta.url);
const vocabulary = (name) => readFileSync(new URL(`tokens/${name}.tokens`, folder));

let compiled;
/** The Wasm, compiled once: threads are given it. */
export const module = () => (compiled ??= new WebAssembly.Module(readFileSync(new URL("promptgate_bg.wasm", folder))));

provide({ wasm: module, fetchVocabulary: async (name) => vocabulary(name) });

/** `run`, which is done again where it would have counted in a vocabulary that was not there: few files need one. */
const exactly = (run) => (...given) => {
  const result = run(...given);
  const missing = missingVocabularies();
  for (const name of missing) api.loadVocabulary(vocabulary(name));
  return missing.length === 0 ? result : exactly(run)(...given);
};
export const lint = exactly(api.lint);
export const fix = exactly(api.fix);
export const sarif = exactly(api.sarif);
export * from "../exports.js";
