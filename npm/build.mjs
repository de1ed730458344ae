// Builds the package's folder: `node npm/build.mjs GLUE OUT`, where GLUE holds what wasm-bindgen and wasm-opt made.
// `scripts/package` calls it.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { build } from "esbuild";
import { thirdPartyLicences } from "./licences.mjs";

const [glue, out] = process.argv.slice(2).map((path) => resolve(path));
const here = new URL(".", import.meta.url).pathname;
const dist = `${out}/dist`;
rmSync(out, { recursive: true, force: true });
mkdirSync(`${dist}/tokens`, { recursive: true });
const read = (file) => readFileSync(file, "utf8");
const write = (file, text) => writeFileSync(`${dist}/${file}`, text);

// --- the glue, without what wasm-bindgen does at the top of the module ---
let code = read(`${glue}/promptgate.js`);
/** Replaces what a new wasm-bindgen may write otherwise: then this must be looked at again. */
function replace(pattern, replacement) {
  if (!pattern.test(code)) throw new Error(`The glue has changed: ${pattern} is not in it.`);
  code = code.replace(pattern, replacement);
}
// Jest's jsdom has no TextDecoder, and where there is one it should be made when it is used.
replace(/let cachedTextDecoder = [^]*?\nfunction decodeText\(bytes\) \{[^]*?\n\}\n/, "");
replace(/const cachedTextEncoder = new TextEncoder\(\);\n\nif \([^]*?\n\}\n/, "");
replace(/decodeText\(/g, "utf8.decode(");
replace(/cachedTextEncoder\.encodeInto\(/g, "utf8.encodeInto(");
// dead: `realloc` is always passed
replace(/ {4}if \(realloc === undefined\) \{[^]*?\n {4}\}\n/, "");
// A module from another realm is one too.
replace(/if \(!\(module instanceof WebAssembly\.Module\)\)/, "if (ArrayBuffer.isView(module) || /ArrayBuffer/.test(Object.prototype.toString.call(module)))");
// The package loads by `initSync` alone.
replace(/async function __wbg_load\([^]*?\n\}\n/, "");
replace(/let __wbg_init_promise;[^]*$/, "export { initSync };\n");
if (/cachedText|instanceof WebAssembly|import\.meta/.test(code)) throw new Error("The glue has changed: see the replacements.");
write("promptgate.js", `import * as utf8 from "./utf8.js";\n${code}`);
cpSync(`${glue}/promptgate_bg.wasm`, `${dist}/promptgate_bg.wasm`);

// --- entries ---
cpSync(`${here}src`, dist, { recursive: true, filter: (file) => !file.endsWith(".d.ts") });

// --- the command line: all that linting needs in one file of CommonJS, and what is loaded when it is asked for ---
const commandLine = {
  outdir: `${dist}/cli-bundle`,
  bundle: true,
  platform: "node",
  target: "node20",
  external: ["diff", "tinyglobby"],
  // What provides the Wasm is a side effect, whatever the manifest of the package says of its own files.
  ignoreAnnotations: true,
  nodePaths: [`${here}../node_modules`],
};
// The glue and the entries are those that were built above.
const glued = {
  name: "glue",
  setup: (esbuild) => esbuild.onResolve({ filter: /\/(promptgate|api|exports)\.js$/ }, ({ path }) => ({ path: `${dist}/${path.split("/").at(-1)}` })),
};
const later = new Set(["thread"]);
await build({
  ...commandLine,
  entryPoints: [`${here}src/cli/command.js`],
  outExtension: { ".js": ".cjs" },
  format: "cjs",
  plugins: [glued, {
    name: "later",
    setup: (esbuild) => esbuild.onResolve({ filter: /^\.\/\w+\.js$/ }, ({ path, kind }) => {
      if (kind !== "dynamic-import") return undefined;
      later.add(path.slice(2, -3));
      return { path, external: true };
    }),
  }],
  define: { "import.meta.url": "here" },
  banner: { js: 'const here = require("node:url").pathToFileURL(__filename).href;' },
});
await build({
  ...commandLine,
  entryPoints: [...later].map((name) => `${here}src/cli/${name}.js`),
  splitting: true,
  format: "esm",
  plugins: [glued],
  banner: { js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);' },
});
cpSync(`${here}src/cli/main.cjs`, `${dist}/cli-bundle/main.cjs`);
rmSync(`${dist}/cli`, { recursive: true });
cpSync(`${dist}/cli-bundle`, `${dist}/cli`, { recursive: true });
rmSync(`${dist}/cli-bundle`, { recursive: true });

// --- what the engine says of itself: the schema of configurations, and the rules ---
const engine = await import(`${dist}/promptgate.js`);
engine.initSync({ module: readFileSync(`${glue}/promptgate_bg.wasm`) });
const schema = engine.configSchema();
const texts = (description) => ({ description, type: "array", items: { type: "string" } });
const { $schema: _, ...engines } = schema.properties;
// What the command line reads itself.
Object.assign(schema.properties, {
  extends: { description: "Configurations that this one is laid over: files, relative to this one.", anyOf: [{ type: "string" }, texts("")] },
  include: texts("Globs of the files that are linted; all by default."),
  exclude: texts("Globs of files that are not linted."),
  select: texts("These rules alone: codes, beginnings of codes, names."),
  ignore: texts("Without these rules: codes, beginnings of codes, names."),
  baseline: { description: "The file with what is known already, as --write-baseline writes it.", type: "string" },
  overrides: {
    description: "What is otherwise for some files.",
    type: "array",
    items: { type: "object", required: ["files"], properties: { files: texts("Globs of the files."), ...engines, select: texts("As above."), ignore: texts("As above.") }, additionalProperties: false },
  },
});
write("schema.json", `${JSON.stringify(schema, null, 2)}\n`);
const pages = engine.rules().map(({ code }) => engine.explain(code).trim());
writeFileSync(`${here}rules.md`, `<!-- Written by scripts/package from crates/lint/src/rules. -->\n${pages.join("\n\n")}\n`);

// --- inlined data ---
const base64 = (file) => JSON.stringify(readFileSync(file).toString("base64"));
const wasm = base64(`${glue}/promptgate_bg.wasm`);
write("wasm.js", `export default ${wasm};\n`);
write("wasm.cjs", `module.exports = ${wasm};\n`);
const decoder = read(`${here}src/base64.js`).replace("export function", "function");
for (const [name, file] of [["cl100k_base", "cl100k"], ["o200k_base", "o200k"]]) {
  const packed = `${here}../crates/tokens/data/${file}.tokens`;
  const bytes = `decode(${base64(packed)})`;
  cpSync(packed, `${dist}/tokens/${name}.tokens`);
  write(`tokens/${name}.js`, `${decoder}\nexport default /* @__PURE__ */ ${bytes};\n`);
  write(`tokens/${name}.cjs`, `${decoder}\nmodule.exports = ${bytes};\n`);
  const types = read(`${here}src/tokens.d.ts`);
  write(`tokens/${name}.d.ts`, `${types}export default packed;\n`);
  write(`tokens/${name}.d.cts`, `${types}export = packed;\n`);
}

// --- CommonJS: the same modules in one file; the data stay apart ---
await build({
  entryPoints: ["node", "inline"].map((name) => `${dist}/${name}.js`),
  outdir: dist,
  outExtension: { ".js": ".cjs" },
  bundle: true,
  format: "cjs",
  platform: "neutral",
  target: "es2022",
  // `import()` fails in Jest's CommonJS
  supported: { "dynamic-import": false },
  plugins: [{
    name: "data",
    setup: (esbuild) => esbuild.onResolve({ filter: /^\.\/(wasm|tokens\/\w+)\.js$/ }, ({ path }) => ({ path: path.replace(/\.js$/, ".cjs"), external: true })),
  }],
});

// What esbuild makes of `import()` copies every property of a module: of a million bytes, one by one.
const dynamic = /__toESM\((require\("\.\/tokens\/\w+\.cjs"\)), 1\)/g;
const node = read(`${dist}/node.cjs`);
if (node.match(dynamic)?.length !== 2) throw new Error("esbuild writes dynamic imports otherwise now.");
write("node.cjs", node.replace(dynamic, "({ default: $1 })"));

// --- types: what wasm-bindgen generated from the Rust, but for its own; and what the entries add ---
const generated = read(`${glue}/promptgate.d.ts`)
  .replace(/^export function (__wbg_\w+|initSync)\b.*\n/gm, "")
  .replace(/export type InitInput[^]*$/, "")
  .replace(/\n{3,}/g, "\n\n");
const types = generated + read(`${here}src/index.d.ts`);
write("index.d.ts", types);
write("index.d.cts", types);

// --- the rest ---
const version = /^version = "(.*)"$/m.exec(read(`${here}../Cargo.toml`))[1];
const { name, ...manifest } = JSON.parse(read(`${here}package.json`));
const cargo = read(`${here}../Cargo.toml`);
const field = (field) => new RegExp(`^${field} = "(.*)"$`, "m").exec(cargo)[1];
writeFileSync(`${out}/package.json`, `${JSON.stringify({ name, version, license: field("license"), repository: { type: "git", url: `git+${field("repository")}.git` }, ...manifest }, null, 2)}\n`);
for (const page of ["README.md", "rules.md"]) cpSync(`${here}${page}`, `${out}/${page}`);
for (const license of ["LICENSE-APACHE", "LICENSE-MIT"]) cpSync(`${here}../${license}`, `${out}/${license}`);
writeFileSync(`${out}/THIRD-PARTY-LICENSES`, thirdPartyLicences());
