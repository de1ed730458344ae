// The engine for the command line: the Wasm beside it, read as bytes.
import { readFileSync } from "node:fs";
import { provide } from "../api.js";

// Of the bundle, and of the sources beside it.
const folder = new URL("../", import.meta.url);

provide({
  wasm: () => readFileSync(new URL("promptgate_bg.wasm", folder)),
  fetchVocabulary: async (name) => readFileSync(new URL(`tokens/${name}.tokens`, folder)),
});
export * from "../exports.js";
