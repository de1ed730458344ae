// The page's side of the worker: a promise for each call.
import { WASM, WORKER, VOCABULARIES } from "assets";

const worker = new Worker(new URL(WORKER, document.baseURI), { type: "module" });
const waiting = new Map();
let last = 0;
/** Why there is no engine, once it has failed. */
let failure;

worker.onmessage = ({ data: { id, value, error } }) => {
  const { resolve, reject } = waiting.get(id);
  waiting.delete(id);
  if (error) reject(Object.assign(new Error(error.message), error));
  else resolve(value);
};
worker.onerror = (event) => {
  failure = new Error(event.message || "The engine could not be started.");
  for (const { reject } of waiting.values()) reject(failure);
  waiting.clear();
};

function call(name, values, transfer = []) {
  return new Promise((resolve, reject) => {
    if (failure) return reject(failure);
    waiting.set(++last, { resolve, reject });
    worker.postMessage({ id: last, name, values }, transfer);
  });
}

/** Puts the Wasm in place; every rule with its documentation. */
export async function start() {
  const response = await fetch(new URL(WASM, document.baseURI));
  if (!response.ok) throw new Error(`The engine could not be fetched (${response.status}).`);
  // not compileStreaming: some servers of static files give Wasm another type
  return call("start", [await WebAssembly.compile(await response.arrayBuffer())]);
}

export const lint = (text, options) => call("lint", [text, options]);
export const fix = (text, options) => call("fix", [text, options]);
export const ignore = (text, code, reason, options) => call("ignore", [text, code, reason, options]);
export const sarif = (documents) => call("sarif", [documents]);
export const preview = (text, kind, values) => call("preview", [text, kind, values]);

const vocabularies = new Map();

/** Makes counts in a vocabulary exact; fetched once, and kept for when there is no network. */
export function loadVocabulary(name) {
  if (!vocabularies.has(name)) vocabularies.set(name, fetchVocabulary(name).catch((error) => {
    vocabularies.delete(name);
    throw error;
  }));
  return vocabularies.get(name);
}

async function fetchVocabulary(name) {
  const url = new URL(VOCABULARIES[name], document.baseURI);
  const cache = await globalThis.caches?.open("promptgate-vocabularies").catch(() => undefined);
  let response = await cache?.match(url);
  if (!response) {
    response = await fetch(url);
    if (!response.ok) throw new Error(`The vocabulary could not be fetched (${response.status}).`);
    await cache?.put(url, response.clone()).catch(() => undefined);
    // those of an older build
    const current = Object.values(VOCABULARIES).map((file) => new URL(file, document.baseURI).href);
    for (const kept of (await cache?.keys()) ?? []) if (!current.includes(kept.url)) await cache.delete(kept);
  }
  const packed = new Uint8Array(await response.arrayBuffer());
  return call("loadVocabulary", [packed], [packed.buffer]);
}
