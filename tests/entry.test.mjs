// worker/entry.js over a glue that behaves as wasm-bindgen's does: instances that trap, and what comes after.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** The glue of an instance that traps where a request says so; `prepared` is whether the trap came with a restart. */
const GLUE = `
let id = 1, trapped = false, scheduled = false;
globalThis.made = [];
const guard = () => {
  if (!trapped) return;
  if (!scheduled) throw new Error("Module terminated");
  __wbg_reset_state();
};
export function __wbg_reset_state() { id++; trapped = scheduled = false; }
export function __worker_init_state() { guard(); return { instanceId: id }; }
const run = (request) => {
  guard();
  if (request.trap) { trapped = true; scheduled = request.prepared; throw new WebAssembly.RuntimeError("unreachable"); }
  return Promise.resolve(\`instance \${id}\`);
};
export const fetch = (request, env, done) => {
  globalThis.done = done;
  return run(request).then((answer) => \`\${answer}, \${env}\`);
};
export class Object1 {
  constructor(state, env) { guard(); this.id = id; this.count = 0; made.push([state, env, id]); }
  fetch(request) {
    if (this.id !== id) throw new Error("stale object");
    this.count++;
    return run(request);
  }
  alarm() { return this.count; }
  free() {}
}`;

async function entry() {
  const { outputFiles: [{ text }] } = await build({
    stdin: { contents: `export * from "./entry.js"; export { default } from "./entry.js"; export * from "glue";`, resolveDir: fileURLToPath(new URL("../worker", import.meta.url)) },
    bundle: true, format: "esm", write: false,
    plugins: [{ name: "glue", setup: (esbuild) => {
      esbuild.onResolve({ filter: /^glue$/ }, () => ({ path: "glue", namespace: "glue" }));
      esbuild.onLoad({ filter: /.*/, namespace: "glue" }, () => ({ contents: GLUE }));
    } }],
  });
  return import(`data:text/javascript,${encodeURIComponent(`${text}\n// ${Math.random()}`)}`);
}

test("what a request does goes on after its answer, and after its client has left", async () => {
  const { default: worker } = await entry();
  const waited = [];
  let ended = false;
  const answer = worker.fetch({}, "env", { waitUntil: (promise) => waited.push(promise.then(() => { ended = true; })) });
  assert.equal(await answer, "instance 1, env");
  assert.deepEqual([waited.length, ended], [1, false]);
  done();
  await waited[0];
  assert.equal(ended, true);
});

for (const prepared of [true, false]) {
  test(`a trap ${prepared ? "with a prepared restart" : "that prepared no restart"} costs one request`, async () => {
    const { default: worker } = await entry();
    const context = { waitUntil() {} };
    assert.throws(() => worker.fetch({ trap: true, prepared }, "env", context), WebAssembly.RuntimeError);
    assert.equal(await worker.fetch({}, "env", context), "instance 2, env");
  });

  test(`an object goes on in the next instance: ${prepared ? "prepared" : "not prepared"}`, async () => {
    const { durable, Object1 } = await entry();
    const object = new (durable(Object1))("state", "env");
    assert.equal(await object.fetch({}), "instance 1");
    assert.equal(await object.fetch({}), "instance 1");
    assert.equal(object.alarm(), 2);
    assert.throws(() => object.fetch({ trap: true, prepared }), WebAssembly.RuntimeError);
    assert.equal(await object.fetch({}), "instance 2");
    assert.equal(object.alarm(), 1);
    assert.deepEqual(globalThis.made, [["state", "env", 1], ["state", "env", 2]]);
    assert.equal("free" in object, false);
  });
}
