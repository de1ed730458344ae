// Node.js: as inline, and vocabularies by name. No `readFileSync(new URL(…))`: Next.js and others lose such files.
import { provide } from "./api.js";
import { decode } from "./base64.js";
import wasm from "./wasm.js";

const VOCABULARIES = {
  cl100k_base: () => import("./tokens/cl100k_base.js"),
  o200k_base: () => import("./tokens/o200k_base.js"),
};

provide({
  wasm: () => decode(wasm),
  fetchVocabulary: async (name) => (await VOCABULARIES[name]()).default,
});
export * from "./exports.js";
