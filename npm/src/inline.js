// The Wasm as text within a module: nothing to fetch and no file to find.
import { provide } from "./api.js";
import { decode } from "./base64.js";
import wasm from "./wasm.js";

provide({ wasm: () => decode(wasm) });
export * from "./exports.js";
