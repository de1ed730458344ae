// Cloudflare Workers: the platform compiles the Wasm.
import wasm from "./promptgate_bg.wasm";
import { provide } from "./api.js";

provide({ wasm: () => wasm });
export * from "./exports.js";
