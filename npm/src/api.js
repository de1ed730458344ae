// The functions of the package over one instance of the Wasm, which is put in place when first needed and
// replaced where it has broken. Each entry says where its Wasm comes from.
import * as glue from "./promptgate.js";

/** What this entry has: `wasm()` gives bytes or a module at once, `fetchWasm()` a promise of a response,
 * `fetchVocabulary(name)` a promise of packed bytes. */
let sources = {};
/** One waiting serves all who wait. */
let waiting;
let ready = false;
/** The packed vocabularies that were loaded: a new instance is given them again. */
const vocabularies = new Map();

/** Called by the entries alone. Where two are loaded, each adds what it has. */
export function provide(provided) {
  sources = { ...sources, ...provided };
}

export async function init(source) {
  if (ready) return;
  waiting ??= compiled(source ?? sources.wasm?.() ?? sources.fetchWasm())
    .then(instantiate)
    .finally(() => (waiting = undefined));
  await waiting;
}

/** Bytes or a module from what `init` was given: those, a `Response`, a URL, or a promise of one. */
async function compiled(given) {
  try {
    let source = await given;
    if (typeof source === "string" || typeName(source) === "URL") source = await fetch(source);
    if (typeof source?.arrayBuffer !== "function") return source;
    if (source.ok) return await WebAssembly.compile(await source.arrayBuffer());
    throw new Error(`Status ${source.status} at ${source.url}`);
  } catch (error) {
    throw failure("not_loaded", "The Wasm could not be fetched, or is none.", error);
  }
}

// By name and not by `instanceof`: what comes from another realm, as in Jest, is as good.
const typeName = (value) => Object.prototype.toString.call(value).slice(8, -1);

function instantiate(source) {
  if (ready) return;
  if (!ArrayBuffer.isView(source) && !["ArrayBuffer", "WebAssembly.Module"].includes(typeName(source))) {
    throw failure("invalid_argument", "`init` takes bytes, a WebAssembly.Module, a Response or a URL.");
  }
  try {
    glue.initSync({ module: source });
  } catch (error) {
    throw failure("not_loaded", "This is not the Wasm of this version of Promptgate.", error);
  }
  ready = true;
}

/** Calls into the Wasm. What is not an error of its own means that the instance can no longer be trusted. */
function call(run) {
  if (!ready) {
    if (!sources.wasm) {
      throw failure("not_loaded", "Promptgate is not loaded: `await init()` first, or import \"promptgate/inline\".");
    }
    instantiate(sources.wasm());
  }
  try {
    return run();
  } catch (error) {
    if (error?.name === "PromptgateError") throw error;
    renew();
    throw failure("internal", "The input broke this instance, so it was replaced: it is too large, or this is a bug.", error);
  }
}

function renew() {
  glue.__wbg_reset_state();
  for (const packed of vocabularies.values()) glue.loadPacked(packed);
}

function failure(code, message, cause) {
  return Object.assign(new Error(message, cause && { cause }), { name: "PromptgateError", code });
}

export const lint = (text, options) => call(() => glue.lint(text, options));
export const fix = (text, options) => call(() => glue.fix(text, options));
export const ignore = (text, code, reason, options) => call(() => glue.ignore(text, code, reason, options));
export const render = (template, variables) => call(() => glue.render(template, variables));
export const guard = (text, options) => call(() => glue.guard(text, options));
export const redact = (text, options) => {
  const redacted = call(() => glue.redact(text, options));
  return typeof redacted === "string" ? redacted : new Redacted(redacted);
};

/** What a reversible redaction has made. The values stay in the Wasm: nothing prints them. */
class Redacted {
  #redaction;
  constructor(redaction) {
    this.#redaction = redaction;
    this.text = call(() => redaction.text);
  }
  restore(text) {
    return call(() => this.#redaction.restore(text));
  }
  stream(options) {
    return new GuardStream(options, this.#redaction);
  }
}

/** One of the instance at hand: where that has broken, so has this. */
export class GuardStream {
  #stream;
  constructor(options, redaction) {
    this.#stream = call(() => (redaction instanceof glue.Redaction ? redaction.stream(options) : new glue.GuardStream(options)));
  }
  push(text) {
    return call(() => this.#stream.push(text));
  }
  finish() {
    return call(() => this.#stream.finish());
  }
  get action() {
    return call(() => this.#stream.action);
  }
}

export const rules = () => call(() => glue.rules());
export const explain = (code) => call(() => glue.explain(code));
export const verifyAudit = (text, options) => call(() => glue.verifyAudit(text, options));
export const verifyAuditPart = (text, options) => call(() => glue.verifyAuditPart(text, options));
export const sarif = (documents) => call(() => glue.sarif(documents));
export const prepareChat = (body) => call(() => glue.prepareChat(body));
export const validateChat = (body) => call(() => glue.validateChat(body));
export const countTokens = (text, vocabularyOrModel) => call(() => glue.countTokens(text, vocabularyOrModel));
/** Those in which something should have been counted since this was last asked, and that are not loaded. */
export const missingVocabularies = () => call(() => glue.missingVocabularies());
export const vocabularyOf = (model) => call(() => glue.vocabularyOf(model));

export function loadVocabulary(vocabulary) {
  return typeof vocabulary === "string" ? loadByName(vocabulary) : load(vocabulary);
}

async function loadByName(name) {
  if (!NAMES.includes(name)) {
    throw failure("invalid_argument", `There is no such vocabulary: there are ${NAMES.join(" and ")}.`);
  }
  if (vocabularies.has(name)) return name;
  if (!sources.fetchVocabulary) {
    throw failure("not_loaded", `Here nothing is fetched: pass what "promptgate/tokens/${name}" exports.`);
  }
  return load(await sources.fetchVocabulary(name));
}

const NAMES = ["cl100k_base", "o200k_base"];

function load(packed) {
  const name = call(() => glue.loadPacked(packed));
  if (!vocabularies.has(name)) vocabularies.set(name, packed.slice());
  return name;
}
