// Browsers: Wasm and vocabularies are assets beside this module. Bundlers know `new URL(…, import.meta.url)` only
// when it is written out.
import { provide } from "./api.js";

const VOCABULARIES = {
  cl100k_base: () => fetch(new URL("./tokens/cl100k_base.tokens", import.meta.url)),
  o200k_base: () => fetch(new URL("./tokens/o200k_base.tokens", import.meta.url)),
};

provide({
  fetchWasm: () => fetch(new URL("./promptgate_bg.wasm", import.meta.url)),
  fetchVocabulary: async (name) => new Uint8Array(await (await VOCABULARIES[name]()).arrayBuffer()),
});
export * from "./exports.js";
