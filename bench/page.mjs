// The built page in Chromium: what it weighs, when it can be used, and how soon after a key its squiggle is painted.
// `node bench/page.mjs`, after `bash scripts/page`. Times are of this machine, medians of each run in one process.
import { readFileSync, readdirSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { CHROMIUM, launch, open, serve, write } from "../tests/page/site.mjs";

if (!CHROMIUM) {
  console.log("SKIPPED the page: there is no Chromium (name it in CHROMIUM)");
  process.exit(0);
}
const dist = new URL("../www/dist/", import.meta.url);
const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;
for (const file of ["index.html", ...readdirSync(new URL("assets/", dist)).map((name) => `assets/${name}`)]) {
  const bytes = readFileSync(new URL(file, dist));
  console.log(`${file.padEnd(40)} ${kib(bytes.length).padStart(12)}  gzip ${kib(gzipSync(bytes, { level: 9 }).length).padStart(11)}  brotli ${kib(brotliCompressSync(bytes).length).padStart(11)}`);
}

const sorted = (numbers) => [...numbers].sort((a, b) => a - b);
const at = (numbers, part) => sorted(numbers)[Math.min(numbers.length - 1, Math.floor(numbers.length * part))].toFixed(1);
const site = await serve();
const browser = await launch();

/** Milliseconds from the navigation to a linted document. */
const interactive = (page) => page.evaluate(() => performance.getEntriesByName("interactive")[0].startTime);
const first = [], second = [];
for (let visit = 0; visit < 7; visit++) {
  const { context, page } = await open(browser, site.url);
  first.push(await interactive(page));
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  await page.waitForFunction(() => performance.getEntriesByName("interactive").length > 0);
  second.push(await interactive(page));
  await context.close();
}
console.log(`\nfirst visit to interactive: ${at(first, 0.5)} ms; second visit: ${at(second, 0.5)} ms (medians of 7, no network between)`);

const { context, page } = await open(browser, site.url);
// Sentences that differ: a document of one sentence a thousand times has a thousand findings.
const words = "customer parcel order refund address carrier invoice answer record agent policy delivery note reason claim".split(" ");
const word = (seed) => words[(seed * 7919) % words.length];
const sentence = (_, n) => `When the ${word(n)} of case ${n} names a ${word(n + 3)} and a ${word(n * 5 + 1)}, look at the ${word(n * 3 + 2)} first.\n`;
const prose = (bytes) => `Answer {{name}} briefly.\n${Array.from({ length: 1000 }, sentence).join("")}`.slice(0, bytes);
for (const [size, text] of [["100 bytes", prose(100)], ["4 KiB", prose(4096)], ["64 KiB", prose(65_000)]]) {
  await write(page, text);
  await page.waitForTimeout(1500);
  await page.evaluate(() => performance.clearMeasures());
  for (let key = 0; key < 60; key++) {
    await page.keyboard.press(key % 12 ? "x" : "Space");
    await page.waitForTimeout(60);
  }
  await page.waitForTimeout(500);
  const times = await page.evaluate(() => performance.getEntriesByName("key-to-squiggle").map(({ duration }) => duration));
  console.log(`${await page.locator("#counts").innerText()}; key press to squiggle, ${size}: median ${at(times, 0.5)} ms, 95th percentile ${at(times, 0.95)} ms (${times.length} of 60 keys; the others were overtaken)`);
}
await context.close();
await browser.close();
await site.stop();
