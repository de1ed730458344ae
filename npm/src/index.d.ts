
/**
 * Puts the Wasm in place. Needed in browsers, before the first call; elsewhere it is loaded by the first call,
 * and `init` may be awaited all the same. Repeating it is harmless.
 *
 * @param source Where the Wasm comes from, if not from the asset beside the module: its bytes, a
 * `WebAssembly.Module`, a `Response`, a URL, or a promise of one.
 */
export function init(source?: WasmSource | Promise<WasmSource>): Promise<void>;

/** What `init` takes. */
export type WasmSource = BufferSource | WebAssembly.Module | Response | URL | string;

/**
 * Loads a vocabulary, so that its tokens are counted exactly: by name (a chunk of its own, 0.4 or 0.9 MB), or
 * at once from its packed bytes, as `promptgate/tokens/o200k_base` and `promptgate/tokens/o200k_base.tokens`
 * have them. Returns its name.
 */
export function loadVocabulary(name: Vocabulary): Promise<Vocabulary>;
export function loadVocabulary(packed: Uint8Array): Vocabulary;
