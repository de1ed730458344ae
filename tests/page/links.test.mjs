// The built page in Chromium: links that hold the document, and what outlives a reload.
import assert from "node:assert/strict";
import { test } from "node:test";
import { open, ready, write, written } from "./site.mjs";
import { browser, clipboard, finds, inChromium, page, said, site } from "./visit.mjs";

const TEXT = "Summarise this:\n<|im_start|> and that\u200b.\n";
/** Of a card that no bank has issued: it passes the check of its last digit. */
const SECRET = "My card is 4111 1111 1111 1111.";

inChromium("links", () => {
  test("a link holds the document, and no server sees it", async () => {
    const text = `Grüße 🎈\n${TEXT}`;
    await write(page, text);
    await finds("S004", "U003");
    await page.locator("#kind").selectOption("text");
    await page.locator("#dialect").selectOption("mustache");
    await page.locator("#share").click();
    await said("Link copied");
    const link = await clipboard();
    assert.match(link, /#1\.[\w-]+$/);
    const seen = site.requests.length;
    const other = await open(browser, link);
    assert.equal(await written(other.page), text);
    assert.equal(await other.page.locator("#kind").inputValue(), "text");
    assert.equal(await other.page.locator("#dialect").inputValue(), "mustache");
    assert.deepEqual(other.faults, []);
    await other.context.close();
    assert.ok(site.requests.slice(seen).every((url) => url.length < 100 && !url.includes("#")));
  });

  test("a link with personal data is made after a warning only", async () => {
    await write(page, SECRET);
    await finds("S008");
    await page.locator("#share").click();
    await page.getByRole("dialog").getByText("S008 pii").waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Do not share");
    await page.keyboard.press("Enter");
    assert.equal(new URL(page.url()).hash, "");
    await page.locator("#share").click();
    await page.getByRole("button", { name: "Share all the same" }).click();
    await said("Link copied");
    assert.notEqual(new URL(page.url()).hash, "");
  });

  /** The page with requests for `blocked` never answered or refused; its engine does not start. */
  async function withoutEngine(blocked, how) {
    const own = await browser.newContext({ serviceWorkers: "block" });
    await own.grantPermissions(["clipboard-read", "clipboard-write"]);
    await own.route(blocked, (route) => (how === "refused" ? route.abort() : undefined));
    const tab = await own.newPage();
    await tab.goto(site.url);
    await tab.locator(".cm-content").waitFor();
    return { own, tab };
  }
  for (const [blocked, how] of [["**/*.wasm", "not answered"], ["**/*.wasm", "refused"], ["**/assets/worker-*.js", "refused"]]) {
    test(`a link of a text that is not checked is made after a warning only: ${blocked} ${how}`, async () => {
      const { own, tab } = await withoutEngine(blocked, how);
      if (how === "refused") await tab.getByText("The engine did not start").waitFor();
      await write(tab, SECRET);
      await tab.locator("#share").click();
      await tab.getByRole("dialog").getByText("This text is not checked").waitFor();
      assert.equal(await tab.evaluate(() => document.activeElement.textContent), "Do not share");
      await tab.keyboard.press("Enter");
      assert.equal(new URL(tab.url()).hash, "");
      await tab.locator("#share").click();
      await tab.getByRole("button", { name: "Share all the same" }).click();
      await tab.waitForFunction(() => document.getElementById("announcer").textContent.includes("Link copied"));
      assert.notEqual(new URL(tab.url()).hash, "");
      await own.close();
    });
  }

  const share = async (tab) => {
    await tab.locator("#share").click();
    await tab.waitForFunction(() => location.hash.startsWith("#1."));
    return tab.url();
  };

  test("what is changed after sharing outlives a reload, and the address is no longer the link's", async () => {
    await write(page, "Hello.");
    await finds();
    await share(page);
    await page.reload();
    await ready(page);
    assert.equal(await written(page), "Hello.");
    await page.locator(".cm-content").click();
    await page.keyboard.press("Control+End");
    await page.keyboard.type(" And more.");
    assert.equal(new URL(page.url()).hash, "");
    // at once: what has not been kept yet is kept when the page goes
    await page.reload();
    await ready(page);
    assert.equal(await written(page), "Hello. And more.");
  });

  test("a kind, a dialect and a fix are changes, too", async () => {
    for (const change of [
      () => page.locator("#kind").selectOption("json"),
      () => page.locator("#dialect").selectOption("mustache"),
      () => page.locator("#fix-safe").click(),
    ]) {
      await write(page, "Hello\u200b.");
      await finds("U003");
      await share(page);
      await change();
      await page.waitForFunction(() => location.hash === "");
      await page.locator("#kind").selectOption("");
      await page.locator("#dialect").selectOption("");
    }
  });

  test("a link that is opened takes the place of nothing", async () => {
    await write(page, "Shared.");
    await finds();
    const link = await share(page);
    await write(page, "My own.");
    await finds();
    await page.evaluate((link) => { location.href = link; }, link);
    await page.waitForFunction(() => location.hash.startsWith("#1."));
    await page.reload();
    await ready(page);
    assert.equal(await written(page), "Shared.");
    // Undo leads back to one's own text, and so does the page without the link
    await page.goto(site.url);
    await ready(page);
    assert.equal(await written(page), "My own.");
    await page.goto(link);
    await page.reload();
    await ready(page);
    await page.locator(".cm-content").click();
    await page.keyboard.press("Control+z");
    assert.equal(await written(page), "My own.");
    assert.equal(new URL(page.url()).hash, "");
  });

  test("every link that is made can be opened; for longer texts none is made", async () => {
    const random = (length) => Array.from({ length }, (_, at) => String.fromCharCode(0x4e00 + ((at * 7919 + (at >> 3) * 104729) % 20000))).join("");
    const filled = (text) => page.evaluate((text) => document.querySelector("#editor").shadowRoot.querySelector(".cm-content").cmTile?.view.dispatch({ changes: { from: 0, insert: text } }), text);
    for (const [text, isShared] of [["x".repeat(500_000), true], ["x".repeat(530_000), false], [random(200_000), true], [random(520_000), undefined]]) {
      await page.goto(site.url);
      await ready(page);
      await write(page, "");
      await filled(text);
      await page.locator("#share").click();
      await page.waitForFunction(() => location.hash.startsWith("#1.") || document.querySelector("#warn[open]") || /too long/.test(document.getElementById("announcer").textContent), null, { timeout: 15_000 });
      if (await page.locator("#warn[open]").count()) {
        await page.getByRole("button", { name: "Share all the same" }).click();
        await page.waitForFunction(() => location.hash.startsWith("#1.") || /too long/.test(document.getElementById("announcer").textContent));
      }
      const link = page.url();
      const made = new URL(link).hash !== "";
      if (isShared !== undefined) assert.equal(made, isShared, `${text.slice(0, 3)}… ${text.length}`);
      if (!made) continue;
      const other = await open(browser, link);
      assert.equal((await written(other.page)).length, text.length);
      assert.deepEqual(other.faults, []);
      await other.context.close();
    }
  });

  for (const hash of ["#1.AAAA", "#1.!", "#1.", "#elsewhere", `#1.${"A".repeat(5000)}`]) {
    test(`a damaged link harms nothing: ${hash.slice(0, 12)}`, async () => {
      const other = await open(browser, site.url + hash);
      assert.ok((await written(other.page)).length > 0);
      assert.deepEqual(other.faults, []);
      await other.context.close();
    });
  }
});
