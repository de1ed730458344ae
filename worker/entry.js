// The Worker as workerd loads it: hands requests to the Wasm, and gives Durable Objects a new half after a trap.
// scripts/build bundles it with the glue of wasm-bindgen, and adds an export for each class of wrangler.toml.
import * as wasm from "glue";

/**
 * The number of the running instance. A trap (a panic, an exhausted stack) ends an instance; the glue starts the
 * next one at the next call, unless the trap came before it could prepare that.
 */
function instance() {
  try {
    return wasm.__worker_init_state().instanceId;
  } catch {
    wasm.__wbg_reset_state();
    return wasm.__worker_init_state().instanceId;
  }
}

/** The class as a Durable Object that outlives the instance: its Wasm half is made again in a new one. */
export function durable(Half) {
  class Durable {
    #arguments; #half; #instance;
    constructor(...given) {
      this.#arguments = given;
      this.half();
    }
    half() {
      const running = instance();
      if (running !== this.#instance) {
        this.#half = new Half(...this.#arguments);
        this.#instance = running;
      }
      return this.#half;
    }
  }
  const own = ["constructor", "free", "__destroy_into_raw"];
  for (const name of Object.getOwnPropertyNames(Half.prototype).filter((name) => !own.includes(name))) {
    Durable.prototype[name] = function (...given) { return this.half()[name](...given); };
  }
  return Durable;
}

/**
 * Sends one byte at once and ends its answer when no request and no work after an answer is left. `scripts/serve.mjs` asks
 * for it, over a Unix socket of its own, before it stops workerd, which waits for answers only.
 */
export const drain = {
  async fetch(request, env, context) {
    instance();
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    context.waitUntil(writer.write(new Uint8Array(1)).then(() => wasm.drained()).finally(() => writer.close()));
    return new Response(readable);
  },
};

export default {
  fetch(request, env, context) {
    instance();
    let done;
    const ended = new Promise((resolve) => { done = resolve; });
    const response = wasm.fetch(request, env, done);
    // The handler runs to its end after its client has left, so that it can abort upstream and write its audit row; so does
    // all that it leaves to be done after its answer.
    context.waitUntil(ended);
    return response;
  },
};
