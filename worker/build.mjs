// Bundles the Worker: `node worker/build.mjs GLUE` writes worker/build/index.js and index_bg.wasm. scripts/build calls it.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { shortenNames } from "./names.mjs";

const glue = resolve(process.argv[2]);
const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const classes = [...readFileSync(path("../wrangler.toml"), "utf8").matchAll(/^class_name = "(\w+)"$/gm)].map(([, name]) => name);

const { outputFiles: [{ contents }] } = await build({
  stdin: {
    contents: [
      `import * as wasm from "glue";`,
      `import { durable } from "./entry.js";`,
      `export { default, drain } from "./entry.js";`,
      ...classes.map((name) => `export const ${name} = durable(wasm.${name});`),
    ].join("\n"),
    resolveDir: path("."),
  },
  bundle: true,
  format: "esm",
  minify: true,
  target: "es2022",
  write: false,
  external: ["./index_bg.wasm"],
  alias: { glue: `${glue}/index.js` },
  // a class of wrangler.toml that the Wasm does not have
  logOverride: { "import-is-undefined": "error", "duplicate-object-key": "error" },
  plugins: [{
    name: "wasm",
    setup: (esbuild) => esbuild.onLoad({ filter: /\/index\.js$/ }, ({ path }) =>
      (path === `${glue}/index.js` ? { contents: adapted(readFileSync(path, "utf8")) } : undefined)),
  }],
});

function adapted(source) {
  const microtask = /\bqueueMicrotask\(arg0\);/;
  if (!microtask.test(source)) throw new Error("the glue of wasm-bindgen has no `queueMicrotask(arg0);` any more: look at worker/build.mjs");
  return source
    // source-phase imports: workerd gives the same module for a plain one, esbuild and Miniflare know no other
    .replace("import source ", "import ")
    // and wasm-bindgen names a module once for each of its functions that need no glue: once is enough
    .replace(/^ *("[^"]+"): import\d+,\n(?= *\1: import)/gm, "")
    // Workerd's own queueMicrotask wraps what it is given twice, at each turn of the futures; a promise is V8's alone.
    .replace(microtask, "Promise.resolve().then(arg0);");
}

// Written beside and renamed, so that whoever reads while this runs finds the old one whole or the new one whole.
mkdirSync(path("build"), { recursive: true });
for (const [name, bytes] of [["index_bg.wasm", shortenNames(readFileSync(`${glue}/index_bg.wasm`))], ["index.js", contents]]) {
  writeFileSync(path(`build/${name}.new`), bytes);
  renameSync(path(`build/${name}.new`), path(`build/${name}`));
}
