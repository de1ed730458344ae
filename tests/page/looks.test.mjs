// The built page in Chromium: as text to copy, in every light and width, without a network, and from the gateway.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startGateway } from "../support/gateway.mjs";
import { CHROMIUM, launch, open, ready, serve, write, written } from "./site.mjs";
import { browser, clipboard, faults, finds, findsOn, inChromium, page, site } from "./visit.mjs";

const TEXT = "Summarise this:\n<|im_start|> and that\u200b.\n";
/** Of a card that no bank has issued: it passes the check of its last digit. */
const SECRET = "My card is 4111 1111 1111 1111.";

inChromium("the looks", () => {
  test("copies: text, JSON, SARIF; none holds what was found", async () => {
    await write(page, SECRET);
    await finds("S008");
    for (const [format, check] of [
      ["text", (text) => assert.match(text, /^1:12 warning S008 pii: .*\n$/)],
      ["json", (text) => assert.equal(JSON.parse(text).findings[0].code, "S008")],
      ["sarif", (text) => {
        const log = JSON.parse(text);
        assert.equal(log.version, "2.1.0");
        assert.deepEqual(log.runs[0].results.map(({ ruleId }) => ruleId), ["S008"]);
        assert.equal(log.runs[0].columnKind, "utf16CodeUnits");
      }],
    ]) {
      await page.locator(`[data-format=${format}]`).click();
      await page.waitForFunction((label) => document.getElementById("toast").textContent === label, `Copied as ${{ text: "Text", json: "JSON", sarif: "SARIF" }[format]}.`);
      const copied = await clipboard();
      check(copied);
      assert.ok(!copied.includes("4111"), format);
    }
  });

  test("dark and light: as the system, or chosen and kept", async () => {
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.emulateMedia({ colorScheme: "dark" });
    const dark = await ground();
    assert.notEqual(light, dark);
    await page.locator("#theme").click();
    assert.equal(await page.locator("#theme").innerText(), "Theme: light");
    assert.equal(await ground(), light);
    await page.locator("#theme").click();
    await page.emulateMedia({ colorScheme: "light" });
    await page.reload();
    await ready(page);
    assert.equal(await ground(), dark);
  });

  for (const colorScheme of ["light", "dark"]) {
    test(`texts have a contrast of 4.5 at least: ${colorScheme}`, async () => {
      await page.emulateMedia({ colorScheme });
      await write(page, `{"system_instruction": "a", "max": 1.5, "b": true, "content": "<|im_start|>"}`);
      await page.locator(".cm-lintRange-error").first().waitFor();
      await page.keyboard.press("F8");
      await page.locator(".peek .card").waitFor();
      await page.waitForTimeout(200);
      assert.deepEqual(await page.evaluate(lowContrasts), []);
    });
  }

  test("on a phone nothing scrolls sideways", async () => {
    for (const width of [375, 320]) {
      const phone = await open(browser, site.url, { viewport: { width, height: 700 }, hasTouch: true, isMobile: true });
      for (const tab of ["problems", "variables", "payload"]) {
        await phone.page.locator(`#tab-${tab}`).tap();
        assert.equal(await phone.page.evaluate(() => document.documentElement.scrollWidth), width, `${tab} at ${width}`);
      }
      assert.deepEqual(phone.faults, []);
      await phone.context.close();
    }
  });

  test("it works without a network after the first visit", async () => {
    const own = await serve();
    const other = await open(browser, own.url);
    await other.page.evaluate(() => navigator.serviceWorker.ready);
    await write(other.page, SECRET);
    await other.page.waitForTimeout(600);
    await own.stop();
    await other.page.reload();
    await ready(other.page);
    assert.equal(await written(other.page), SECRET, "what was written is still there");
    await findsOn(other.page, "S008");
    await other.page.close();
    // and as a new tab
    const again = await other.context.newPage();
    await again.goto(own.url);
    await ready(again);
    await other.context.close();
    assert.deepEqual(other.faults.filter((fault) => !/vocabular|\.tokens|ERR_CONNECTION_REFUSED/.test(fault)), []);
  });

  test("every control has a name, and identifiers are unique", async () => {
    const faults = await page.evaluate(() => {
      const controls = [...document.querySelectorAll("button, select, input, textarea, a[href], [role=tab]")];
      const nameless = controls.filter((control) => !(control.getAttribute("aria-label") || control.textContent.trim() || control.labels?.length));
      const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
      const dangling = [...document.querySelectorAll("[aria-labelledby], [aria-controls]")]
        .filter((one) => !document.getElementById(one.getAttribute("aria-labelledby") ?? one.getAttribute("aria-controls")));
      return [...nameless, ...dangling].map((one) => one.outerHTML).concat(ids.filter((id, at) => ids.indexOf(id) !== at));
    });
    assert.deepEqual(faults, []);
  });

  test("every sample is read without an error of the engine", async () => {
    const names = await page.locator("#sample option").allInnerTexts();
    assert.ok(names.length > 4);
    for (let index = 1; index < names.length; index++) {
      await page.locator("#sample").selectOption({ index });
      await page.waitForFunction(() => /error|warning|remark|Nothing/.test(document.getElementById("counts").textContent));
    }
  });

  test("hostile text neither breaks the page nor is taken for markup", async () => {
    for (const text of [
      `<img src=x onerror="document.title='broken'"><script>document.title='broken'</script> <|im_start|>`,
      `{"a":`.repeat(5000), "{{".repeat(20_000), "\u202e\u2066\u{e0041}\ud800 x", "x".repeat(300_000),
      `{"variables": [{"name": 1}, null, {"name": "<b>"}], "system_instruction": "", "user_template": "{{<b>}}"}`,
    ]) {
      await write(page, "");
      await finds();
      await page.evaluate(() => performance.clearMeasures());
      await page.keyboard.insertText(text);
      await page.waitForFunction(() => performance.getEntriesByName("key-to-squiggle").length > 0);
      assert.match(await page.locator("#counts").innerText(), /^(\d+ (error|warning|remark)|Nothing found)/, text.slice(0, 30));
    }
    await write(page, "<|im_start|>");
    await finds("S004");
    assert.match(await page.title(), /^Promptgate/);
  });
});

test("the gateway serves the page, with its policy, beside its interface", { skip: !CHROMIUM && "no Chromium" }, async () => {
  const gateway = await startGateway(undefined, { UPSTREAM_API_URL: "http://127.0.0.1:9", UPSTREAM_LOGIN_URL: "http://127.0.0.1:9" }, { page: true });
  const browser = await launch();
  try {
    const head = await fetch(`${gateway.url}/`);
    assert.match(head.headers.get("content-security-policy"), /script-src 'self' 'wasm-unsafe-eval'.*frame-ancestors 'none'/);
    const script = /src="(assets\/main-[^"]+)"/.exec(await head.text())[1];
    assert.match((await fetch(`${gateway.url}/${script}`)).headers.get("cache-control"), /immutable/);
    const { page, faults } = await open(browser, `${gateway.url}/`);
    await write(page, TEXT);
    await page.locator("#list > li").nth(1).waitFor();
    const [link] = await page.locator("nav a").filter({ hasText: "OpenAPI" }).evaluateAll((links) => links.map(({ href }) => href));
    assert.equal((await (await fetch(link)).json()).openapi, "3.1.0");
    // the service worker leaves the interface alone
    await page.evaluate(() => navigator.serviceWorker.ready);
    await page.reload();
    assert.equal(await page.evaluate(() => fetch("/v1/openapi.json").then((response) => response.status)), 200);
    assert.deepEqual(faults, []);
  } finally {
    await browser.close();
    await gateway.stop();
  }
});

/** Runs in the page: texts, also those in the editor, whose contrast with what is behind them is under 4.5. */
function lowContrasts() {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const over = ([r, g, b, a], [R, G, B]) => [r, g, b].map((one, at) => (one * a + [R, G, B][at] * (255 - a)) / 255);
  const luminance = (colour) => {
    const [r, g, b] = colour.map((one) => one / 255).map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    if (!element) return rgba(getComputedStyle(document.body).backgroundColor).slice(0, 3);
    const own = rgba(getComputedStyle(element).backgroundColor);
    return own[3] === 255 ? own.slice(0, 3) : over(own, behind(element.parentElement ?? element.getRootNode().host));
  };
  const low = [];
  const look = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot) look(element.shadowRoot);
      const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
      // what cannot be used now is exempt (WCAG 1.4.3)
      if (!hasText || element.disabled || !element.checkVisibility() || element.matches("option, optgroup, script, style, .skip")) continue;
      const back = behind(element);
      const front = over(rgba(getComputedStyle(element).color), back);
      const [one, two] = [luminance(front), luminance(back)].sort((a, b) => b - a);
      const ratio = (one + 0.05) / (two + 0.05);
      if (ratio < 4.5) low.push(`${element.tagName}.${element.className} “${element.textContent.trim().slice(0, 30)}” ${ratio.toFixed(2)}`);
    }
  };
  look(document);
  return low;
}
