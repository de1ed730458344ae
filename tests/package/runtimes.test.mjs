// The package as packed, in every runtime and bundler: the answers are the same everywhere.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { Miniflare, convertV4MiniflareOptions } from "miniflare";
import { compatibility } from "../support/gateway.mjs";
import { HERE, ROOT, install, nodes, run, tool } from "./support.mjs";

const require = createRequire(import.meta.url);
const folder = install("runtimes");
const file = (name, text) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const { probe } = await import(pathToFileURL(join(folder, "probe.mjs")));
const expected = JSON.parse(JSON.stringify(probe(await import(pathToFileURL(join(folder, "node_modules/promptgate/dist/inline.js"))))));
const same = (text) => assert.deepEqual(JSON.parse(text), expected);

// After the probe, vocabularies the way this runtime has them.
const ESM = (from = "promptgate", load = `await api.loadVocabulary("o200k_base")`) => `
  import * as api from "${from}";
  import { probe } from "./probe.mjs";
  export default async function answer() {
    await api.init();
    const answers = probe(api);
    const name = ${load};
    return JSON.stringify({ ...answers, name, exact: api.countTokens("Where is my order?", "gpt-4o") });
  }`;
const PASSED = (from) => `
  import data from "promptgate/tokens/o200k_base";
  ${ESM(from, "api.loadVocabulary(data)")}`;
const exact = { name: "o200k_base", exact: { tokens: 5, counted_by: "o200k_base" } };
const sameExact = (text) => assert.deepEqual(JSON.parse(text), { ...expected, ...exact });

test("what the runtimes are asked is answered as it should be", () => {
  assert.deepEqual(expected.estimate, { tokens: 5, counted_by: "estimate" });
  assert.deepEqual(expected.half, { tokens: 2, counted_by: "estimate" });
  assert.equal(expected.missing.code, "vocabulary_not_loaded");
  assert.deepEqual(expected.of, ["o200k_base", null]);
  const prepared = JSON.parse(expected.prepared);
  assert.equal(prepared.systemInstructions[0], "Be brief. Zoë, 你好 😀");
  assert.ok(!prepared.context[0].content.includes("DE89"));
  // "😀 my card is " is 14 UTF-16 code units
  const fault = { path: "$.context[0].content", code: "P008", span: [14, 33] };
  assert.equal(expected.refused.code, "safety_refused");
  for (const faults of [expected.refused.errors, expected.spans]) {
    assert.deepEqual(faults.map(({ message, ...fault }) => fault), [fault]);
  }
  assert.deepEqual(expected.clean, []);
  assert.ok(expected.view.includes("$.a unknown_field") && expected.view.length === 6, expected.view.join());
  const bidi = expected.report.findings.find(({ code }) => code === "U001");
  assert.deepEqual([bidi.code, bidi.start.offset, bidi.end.offset], ["U001", 15, 16]);
  assert.deepEqual(expected.config.errors.map(({ path }) => path), ["$.rules.U001"]);
  assert.equal(expected.mended.text, "😀 hidden ");
  assert.deepEqual(expected.argument, { name: "PromptgateError", code: "invalid_argument" });
});

for (const [version, node] of nodes()) {
  test(`Node ${version}: import`, () => {
    const main = file("import.mjs", `${ESM()}\nconsole.log(await answer());`);
    sameExact(run(node, [main]));
  });
  test(`Node ${version}: require, without a wait`, () => {
    const main = file("require.cjs", `
      const api = require("promptgate");
      const answers = require("./probe.cjs").probe(api);
      const name = api.loadVocabulary(require("promptgate/tokens/o200k_base"));
      console.log(JSON.stringify({ ...answers, name, exact: api.countTokens("Where is my order?", "gpt-4o") }));`);
    sameExact(run(node, [main]));
  });
  test(`Node ${version}: require, a vocabulary by name; import of what is passed`, () => {
    const main = file("named.cjs", `
      const api = require("promptgate");
      api.loadVocabulary("o200k_base").then((name) =>
        console.log(JSON.stringify([name, api.countTokens("Where is my order?", "gpt-4o")])));`);
    assert.deepEqual(JSON.parse(run(node, [main])), Object.values(exact));
    sameExact(run(node, [file("passed.mjs", `${PASSED("promptgate/inline")}\nconsole.log(await answer());`)]));
  });
}

for (const format of ["esm", "cjs"]) {
  test(`esbuild for Node, ${format}: one file that stands alone`, async () => {
    file("node.mjs", `${ESM()}\nanswer().then(console.log);`);
    const outfile = join(ROOT, "target/package-tests", `alone.${format === "esm" ? "mjs" : "cjs"}`);
    await build({ entryPoints: [join(folder, "node.mjs")], bundle: true, platform: "node", format, outfile, logLevel: "error" });
    sameExact(run("node", [outfile], { cwd: "/" }));
  });
}

test("workerd, bundled by wrangler", async () => {
  file("worker.mjs", `${PASSED().replace("export default async", "async")}
    export default { fetch: async () => new Response(await answer()) };`);
  file("wrangler.toml", `name = "probe"\nmain = "worker.mjs"\ncompatibility_date = "${compatibility.date}"\n`);
  run("wrangler", ["deploy", "--dry-run", "--outdir", "worker"], { cwd: folder, env: { ...process.env, WRANGLER_SEND_METRICS: "false" } });
  const out = join(folder, "worker");
  const modules = readdirSync(out).filter((name) => /\.(js|wasm)$/.test(name))
    .sort((a, b) => extname(a).localeCompare(extname(b)))
    .map((name) => ({ type: name.endsWith(".wasm") ? "CompiledWasm" : "ESModule", path: join(out, name) }));
  assert.equal(modules.filter(({ type }) => type === "CompiledWasm").length, 1, "the Wasm is a module of the platform");
  const bundled = readFileSync(join(out, "worker.js"), "utf8");
  assert.ok(!bundled.includes("AGFzbQEAAAAB"), "and is not inlined as well");
  const miniflare = new Miniflare(convertV4MiniflareOptions({ modulesRoot: out, modules, compatibilityDate: compatibility.date, port: 0, cf: false }));
  try {
    sameExact(await (await fetch(await miniflare.ready)).text());
  } finally {
    await miniflare.dispose();
  }
});

test("edge-light: the platform compiles what `?module` names", async () => {
  file("edge.mjs", `${PASSED()}\nanswer().then(console.log);`);
  const outfile = join(folder, "edge.bundle.mjs");
  const modules = {
    name: "edge runtime",
    setup: (esbuild) => {
      esbuild.onResolve({ filter: /\.wasm\?module$/ }, ({ path, resolveDir }) => ({ path: join(resolveDir, path.replace("?module", "")), namespace: "compiled" }));
      esbuild.onLoad({ filter: /.*/, namespace: "compiled" }, ({ path }) => ({
        contents: `import { readFileSync } from "node:fs"; export default new WebAssembly.Module(readFileSync(${JSON.stringify(path)}));`,
      }));
    },
  };
  await build({ entryPoints: [join(folder, "edge.mjs")], bundle: true, platform: "neutral", external: ["node:fs"], conditions: ["edge-light"], format: "esm", outfile, plugins: [modules], logLevel: "error" });
  sameExact(run("node", [outfile]));
});

// --- browsers ---
const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const MIME = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };

/** What a page of `root` sends as its answer, and what it asked for; under a strict Content-Security-Policy. */
async function page(root) {
  const asked = [];
  let answered;
  const answer = new Promise((resolve) => (answered = resolve));
  const server = createServer((request, response) => {
    if (request.method === "POST") return response.end(text(request).then(answered) && "");
    const path = join(root, new URL(request.url, "http://x").pathname);
    asked.push(request.url);
    if (!existsSync(path) || statSync(path).isDirectory()) return response.writeHead(404).end();
    response.writeHead(200, {
      "content-type": MIME[extname(path)] ?? "application/octet-stream",
      "content-security-policy": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'",
    }).end(readFileSync(path));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = spawn(CHROMIUM, [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", `--user-data-dir=${join(root, ".profile")}`,
    `http://127.0.0.1:${server.address().port}/index.html`,
  ], { stdio: "ignore" });
  try {
    return { text: await Promise.race([answer, once(browser, "exit").then(() => assert.fail("Chromium ended"))]), asked };
  } finally {
    browser.kill();
    server.closeAllConnections();
    server.close();
  }
}

const PAGE = (script) => `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="${script}"></script>`;
const SHOW = (code) => `${code}
  answer().catch((error) => error.stack).then((body) => fetch("/answer", { method: "POST", body }));`;
const options = { skip: CHROMIUM ? false : "there is no Chromium here", timeout: 60_000 };

test("esbuild for browsers: inline", options, async () => {
  file("inline-page.mjs", SHOW(PASSED("promptgate/inline")));
  const outdir = join(folder, "esbuild-page");
  await build({ entryPoints: [join(folder, "inline-page.mjs")], bundle: true, format: "esm", outdir, charset: "utf8", logLevel: "error" });
  writeFileSync(join(outdir, "index.html"), PAGE("/inline-page.js"));
  sameExact((await page(outdir)).text);
});

test("Vite: the Wasm and the vocabulary are assets with a hash", options, async () => {
  file("page.mjs", SHOW(ESM()));
  file("index.html", PAGE("/page.mjs"));
  const vite = await import(pathToFileURL(require.resolve("vite")));
  const outDir = join(folder, "vite-page");
  await vite.build({ root: folder, logLevel: "error", build: { outDir, emptyOutDir: true } });
  const { text: answer, asked } = await page(outDir);
  sameExact(answer);
  assert.equal(asked.filter((url) => /promptgate_bg-[\w-]+\.wasm$/.test(url)).length, 1, asked.join());
  assert.equal(asked.filter((url) => /o200k_base-[\w-]+\.tokens$/.test(url)).length, 1, asked.join());
  assert.ok(!asked.some((url) => url.includes("cl100k")), "what is not asked for is not fetched");
});

test("webpack: the Wasm and the vocabulary are assets", options, async () => {
  file("page.mjs", SHOW(ESM()));
  const webpack = require("webpack");
  const path = join(folder, "webpack-page");
  const stats = await promisify(webpack)({ context: folder, entry: "./page.mjs", mode: "production", output: { path, filename: "page.js" }, performance: false });
  assert.ok(!stats.hasErrors() && !stats.hasWarnings(), stats.toString());
  writeFileSync(join(path, "index.html"), PAGE("/page.js"));
  const { text: answer, asked } = await page(path);
  sameExact(answer);
  assert.ok(asked.some((url) => url.endsWith(".wasm")), asked.join());
});

// --- test runners, which have worlds of their own ---
test("Vitest", () => {
  file("vitest.config.mjs", `export default { test: { globals: true, include: ["vitest.probe.mjs"] } };`);
  file("vitest.probe.mjs", `${ESM()}
    test("the same", async () => expect(JSON.parse(await answer())).toEqual(${JSON.stringify({ ...expected, ...exact })}));`);
  run("node", [join(HERE, "node_modules/vitest/vitest.mjs"), "run", "--root", folder, "--config", join(folder, "vitest.config.mjs")], { cwd: folder });
});

for (const environment of ["node", require.resolve("jest-environment-jsdom")]) {
  test(`Jest, ${environment === "node" ? "node" : "jsdom"}`, () => {
    file("jest.config.json", JSON.stringify({ testMatch: ["**/jest.probe.cjs"], testEnvironment: environment, transform: {}, roots: ["<rootDir>"], modulePathIgnorePatterns: ["-page", "worker"] }));
    file("jest.probe.cjs", `
      const api = require("promptgate");
      const data = require("promptgate/tokens/o200k_base");
      test("the same", async () => {
        await api.init();
        const answers = require("./probe.cjs").probe(api);
        const name = api.loadVocabulary(data);
        const all = { ...answers, name, exact: api.countTokens("Where is my order?", "gpt-4o") };
        expect(JSON.parse(JSON.stringify(all))).toEqual(${JSON.stringify({ ...expected, ...exact })});
      });`);
    run("node", [tool("jest"), "--rootDir", folder, "--config", join(folder, "jest.config.json")], { cwd: folder });
  });
}
