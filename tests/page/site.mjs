// The built page behind a small server of static files, and a Chromium that counts what it does.
import { existsSync, readFileSync } from "node:fs";
import http from "node:http";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";

const DIST = fileURLToPath(new URL("../../www/dist/", import.meta.url));
const TYPES = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml",
  ".wasm": "application/wasm", ".tokens": "application/octet-stream",
};

/** Where Chromium is; undefined where there is none. */
export const CHROMIUM = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
  .find((path) => path && existsSync(path));

/** Headers for `path`, as `_headers` says. */
function headersFor(path) {
  const headers = {};
  let isFor = false;
  for (const line of readFileSync(`${DIST}_headers`, "utf8").split("\n")) {
    if (/^\S/.test(line)) isFor = path.startsWith(line.replace(/\*$/, ""));
    else if (isFor && line.trim()) headers[line.slice(0, line.indexOf(":")).trim()] = line.slice(line.indexOf(":") + 1).trim();
  }
  return headers;
}

/** Serves www/dist until `stop`; counts in `requests`. */
export async function serve() {
  if (!existsSync(`${DIST}index.html`)) throw new Error("www/dist is missing: bash scripts/page");
  const requests = [];
  const server = http.createServer((request, response) => {
    const path = new URL(request.url, "http://x").pathname.replace(/\/$/, "/index.html");
    requests.push(request.url);
    const file = DIST + path.slice(1);
    if (path.includes("..") || !existsSync(file)) return response.writeHead(404).end();
    const isPacked = extname(file) === ".tokens";
    const body = readFileSync(file);
    response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "text/plain", ...(!isPacked && { "content-encoding": "gzip" }), ...headersFor(path) });
    response.end(isPacked ? body : gzipSync(body));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    requests,
    stop: () => new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
  };
}

export const launch = () => chromium.launch({
  executablePath: CHROMIUM,
  args: [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
  ],
});

/**
 * A fresh profile at `url` when the engine has spoken. `faults` collects messages of the console, errors and requests
 * to other origins.
 */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const faults = [];
  const { origin } = new URL(url);
  context.on("request", (request) => {
    if (!request.url().startsWith(origin) && !/^(data|blob):/.test(request.url())) faults.push(`request to ${request.url()}`);
  });
  const page = await context.newPage();
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && faults.push(message.text()));
  page.on("pageerror", (error) => faults.push(String(error)));
  await page.goto(url);
  await ready(page);
  return { context, page, faults };
}

/** Until the engine has looked at the first document. */
export const ready = (page) => page.waitForFunction(() => performance.getEntriesByName("interactive").length > 0);

/** Replaces the document as a person would, by paste. */
export async function write(page, text) {
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+A");
  await page.keyboard.press("Delete");
  if (text) await page.keyboard.insertText(text);
}

/** The editor's document, or what is `selected` of it. */
const editor = (page, look) => page.evaluate((look) => {
  const { cmTile, cmView } = document.querySelector("#editor").shadowRoot.querySelector(".cm-content");
  const { state } = (cmTile ?? cmView).view;
  const { from, to } = state.selection.main;
  return look === "selected" ? state.sliceDoc(from, to) : state.doc.toString();
}, look);

/** The document as it stands in the editor. */
export const written = (page) => editor(page, "written");

/** What is selected of it. */
export const selected = (page) => editor(page, "selected");

/** The entries of the list, as text. */
export const listed = (page) => page.locator("#list > li .place").allInnerTexts();
