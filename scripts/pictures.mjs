// Makes docs/pictures from the real page (`bash scripts/page` builds it), light and dark: `node scripts/pictures.mjs`.
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { TEXT } from "../tests/support/ten-mistakes.mjs";
import { CHROMIUM, launch, listed, open, serve, write } from "../tests/page/site.mjs";

if (!CHROMIUM) throw new Error("There is no Chromium here: install it, or name it in CHROMIUM.");

const folder = fileURLToPath(new URL("../docs/pictures/", import.meta.url));
mkdirSync(folder, { recursive: true });
const site = await serve();
const browser = await launch();
try {
  for (const colorScheme of ["light", "dark"]) {
    const { context, page } = await open(browser, site.url, { colorScheme, viewport: { width: 1100, height: 660 } });
    await write(page, TEXT);
    for (let tries = 0; (await listed(page)).length === 0 && tries < 100; tries++) await page.waitForTimeout(50);
    await page.waitForTimeout(500);
    await page.screenshot({ path: `${folder}page-${colorScheme}.png` });
    console.log(`docs/pictures/page-${colorScheme}.png: ${(await listed(page)).length} findings`);
    await context.close();
  }
} finally {
  await browser.close();
  await site.stop();
}
