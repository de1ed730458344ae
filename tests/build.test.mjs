// The Worker as it is built.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { shortenNames } from "../worker/names.mjs";

const wasm = readFileSync(new URL("../worker/build/index_bg.wasm", import.meta.url));

test("a stack in the log can be read: the Wasm has the names of its functions, without rustc's hashes", () => {
  const [names] = WebAssembly.Module.customSections(new WebAssembly.Module(wasm), "name");
  const text = Buffer.from(names).toString("latin1");
  assert.ok(text.includes("promptgate_worker::serve"));
  assert.equal(text.match(/::h[0-9a-f]{16}|\[[0-9a-f]{16}\]/)?.[0], undefined);
  assert.equal(text.match(/\bpromptgate_worker::context::RequestContext/)?.[0], undefined, "types without their modules");
  assert.ok(shortenNames(wasm).equals(wasm), "shortening again changes nothing");
});

test("a module without names stays as it is", () => {
  const empty = Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0]);
  assert.ok(shortenNames(empty).equals(empty));
});
