// A page that is opened anew before each test, and what the tests of the page look at.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe } from "node:test";
import { CHROMIUM, launch, listed, open, serve } from "./site.mjs";

/** The server of the page, the browser, and what was opened for this test. */
export let site, browser, context, page, faults;

/** Has `tests`, each with a fresh page; none where there is no Chromium. */
export function inChromium(name, tests) {
  describe(name, { skip: !CHROMIUM && "no Chromium" }, () => {
    before(async () => {
      site = await serve();
      browser = await launch();
    });
    after(async () => {
      await browser?.close();
      await site?.stop();
    });
    beforeEach(async () => {
      ({ context, page, faults } = await open(browser, site.url));
    });
    // No message in the console, no error, no request to another origin: in no test.
    afterEach(async () => {
      await context.close();
      assert.deepEqual(faults, []);
    });
    tests();
  });
}

export const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
export const entry = (code) => page.locator("#list > li").filter({ hasText: code });
/** Until the list of `shown` has these codes and no others: it is painted after the engine has answered. */
export async function findsOn(shown, ...expected) {
  let seen;
  for (let tries = 0; tries < 200; tries++) {
    seen = (await listed(shown)).map((entry) => /\b[A-Z]\d{3}\b/.exec(entry)?.[0]);
    if (seen.join() === expected.join()) return;
    await shown.waitForTimeout(50);
  }
  assert.deepEqual(seen, expected);
}
export const finds = (...expected) => findsOn(page, ...expected);
export const said = (text) => page.waitForFunction((text) => document.getElementById("announcer").textContent.includes(text), text);
