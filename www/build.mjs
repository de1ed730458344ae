// Builds the page: `node www/build.mjs` writes www/dist, a static site. `scripts/page` calls it, after the package.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const source = path("src/");
const target = path("dist/");
const engine = path("../target/package/dist/");
const hash = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 8);

rmSync(target, { recursive: true, force: true });
mkdirSync(`${target}assets`, { recursive: true });

/** Every file that has its hash in its name, by the name that the sources use. */
const assets = {};
function asset(name, bytes) {
  const hashed = `assets/${name.replace(/(\.\w+)$/, `-${hash(bytes)}$1`)}`;
  writeFileSync(target + hashed, bytes);
  return (assets[name] = hashed);
}

// --- samples: the examples of the repository, and one of each kind of mistake ---
const folder = (group, relative) => ({
  group,
  samples: !existsSync(path(relative)) ? [] : readdirSync(path(relative)).filter((file) => /\.(json|txt)$/.test(file)).sort()
    .map((file) => ({ name: file.replace(/\.\w+$/, "").replaceAll("-", " "), text: readFileSync(path(relative + file), "utf8").trimEnd() })),
});
const samples = [
  folder("With mistakes", "../examples/lint/"),
  folder("More mistakes", "samples/"),
  folder("Templates", "../examples/templates/"),
  folder("Requests", "../examples/requests/"),
  folder("Models", "../examples/models/"),
].filter(({ samples }) => samples.length > 0);

// --- data ---
asset("promptgate.wasm", readFileSync(`${engine}promptgate_bg.wasm`));
const vocabularies = Object.fromEntries(["cl100k_base", "o200k_base"].map((name) =>
  [name, asset(`${name}.tokens`, readFileSync(`${engine}tokens/${name}.tokens`))]));

// --- scripts; the worker first, whose name the page must know ---
async function script(name, known = {}) {
  const { outputFiles: [{ contents }] } = await build({
    entryPoints: [source + name],
    bundle: true,
    format: "esm",
    minify: true,
    target: "es2022",
    write: false,
    legalComments: "none",
    loader: { ".css": "text" },
    alias: { promptgate: `${engine}browser.js` },
    plugins: [{
      name: "assets",
      setup(esbuild) {
        esbuild.onResolve({ filter: /^assets$/ }, () => ({ path: "assets", namespace: "assets" }));
        esbuild.onLoad({ filter: /.*/, namespace: "assets" }, () => ({
          contents: Object.entries(known).map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`).join("\n"),
        }));
      },
    }],
  });
  return asset(name, contents);
}
const worker = await script("worker.js");
await script("main.js", { WASM: assets["promptgate.wasm"], WORKER: worker, VOCABULARIES: vocabularies, SAMPLES: samples });
for (const file of ["theme.js", "page.css", "icon.svg"]) asset(file, readFileSync(source + file));

// --- the page ---
const policy = [
  "default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "worker-src 'self'", "style-src 'self'", "img-src 'self'",
  "connect-src 'self'", "base-uri 'none'", "form-action 'none'",
].join("; ");
const page = readFileSync(`${source}index.html`, "utf8").replace('content="CSP"', `content="${policy}"`)
  .replace(/(src|href)="([\w.-]+\.\w+)"/g, (whole, attribute, name) => {
    if (!assets[name]) throw new Error(`The page names ${name}, which is not there.`);
    return `${attribute}="${assets[name]}"`;
  });
writeFileSync(`${target}index.html`, page);

// --- offline: all but the vocabularies, which are kept when they are first fetched ---
const files = ["./", ...Object.values(assets).filter((file) => !file.endsWith(".tokens"))];
const serviceWorker = readFileSync(`${source}service-worker.js`, "utf8");
const version = hash([page, serviceWorker, ...files].join());
writeFileSync(`${target}service-worker.js`, `const VERSION = "${version}";\nconst FILES = ${JSON.stringify(files)};\n${serviceWorker}`);

// --- headers, as Workers assets and others read them ---
writeFileSync(`${target}_headers`, `/*
  Content-Security-Policy: ${policy}; frame-ancestors 'none'
  X-Content-Type-Options: nosniff
  Referrer-Policy: no-referrer
  Cross-Origin-Opener-Policy: same-origin
/assets/*
  Cache-Control: public, max-age=31536000, immutable
/service-worker.js
  Cache-Control: no-cache
`);
