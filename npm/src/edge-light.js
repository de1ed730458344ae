// Vercel's edge runtime: the platform compiles the Wasm.
import wasm from "./promptgate_bg.wasm?module";
import { provide } from "./api.js";

provide({ wasm: () => wasm });
export * from "./exports.js";
