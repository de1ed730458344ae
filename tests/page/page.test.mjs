// The built page in Chromium: what a person does with it, by mouse and by keyboard.
import assert from "node:assert/strict";
import { after, before, beforeEach, afterEach, describe, test } from "node:test";
import { startGateway } from "../support/gateway.mjs";
import { TEN, TEXT as TEN_MISTAKES } from "../support/ten-mistakes.mjs";
import { CHROMIUM, launch, listed, open, ready, selected, serve, write, written } from "./site.mjs";

const TEXT = "Summarise this:\n<|im_start|> and that\u200b.\n";
/** Of a card that no bank has issued: it passes the check of its last digit. */
const SECRET = "My card is 4111 1111 1111 1111.";

describe("the page", { skip: !CHROMIUM && "no Chromium" }, () => {
  let site, browser, context, page, faults;
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

  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  const entry = (code) => page.locator("#list > li").filter({ hasText: code });
  /** Until the list of `shown` has these codes and no others: it is painted after the engine has answered. */
  async function findsOn(shown, ...expected) {
    let seen;
    for (let tries = 0; tries < 200; tries++) {
      seen = (await listed(shown)).map((entry) => /\b[A-Z]\d{3}\b/.exec(entry)?.[0]);
      if (seen.join() === expected.join()) return;
      await shown.waitForTimeout(50);
    }
    assert.deepEqual(seen, expected);
  }
  const finds = (...expected) => findsOn(page, ...expected);
  const said = (text) => page.waitForFunction((text) => document.getElementById("announcer").textContent.includes(text), text);

  test("a mistake is underlined, listed and told", async () => {
    await write(page, "Hello");
    await finds();
    await page.keyboard.type(" <|im_start|>");
    await finds("S004");
    assert.equal(await page.locator(".cm-lintRange-error").innerText(), "<|im_start|>");
    assert.equal(await page.locator(".cm-lint-marker-error").count(), 1);
    assert.match(await page.locator("#counts").innerText(), /^1 error$/);
    await said("1 error");
    await page.waitForFunction(() => performance.getEntriesByName("key-to-squiggle").length > 0);
  });

  test("hovering shows the rule's documentation", async () => {
    await write(page, TEXT);
    await finds("S004", "U003");
    await page.locator(".cm-lintRange-error").hover();
    const card = page.locator(".cm-tooltip-hover .card");
    await card.waitFor();
    const text = await card.innerText();
    for (const part of ["S004 special-token", "What it does", "Why is this bad?", "Example"]) assert.ok(text.includes(part), part);
    assert.equal(await card.locator("pre").count(), 2);
    assert.ok(!text.includes("```"));
  });

  test("one finding is mended, and undone", async () => {
    await write(page, TEXT);
    await finds("S004", "U003");
    await entry("S004").getByRole("button", { name: /^Fix/ }).click();
    await finds("U003");
    assert.ok(!(await written(page)).includes("im_start"));
    await page.keyboard.press("Control+Z");
    await finds("S004", "U003");
  });

  test("a fix is applied at its new place when the text has just changed", async () => {
    await write(page, TEXT);
    await finds("S004", "U003");
    // both before the engine can have answered
    await page.evaluate(() => {
      const { cmTile, cmView } = document.querySelector("#editor").shadowRoot.querySelector(".cm-content");
      (cmTile ?? cmView).view.dispatch({ changes: { from: 0, insert: "And now: " } });
      [...document.querySelectorAll("#list li button")].find((button) => button.textContent.startsWith("Fix")).click();
    });
    await finds("U003");
    assert.match(await written(page), /^And now: Summarise this:\n\s*and that/);
  });

  test("safe fixes, then all", async () => {
    await write(page, TEXT);
    await finds("S004", "U003");
    await page.locator("#fix-safe").click();
    await finds("S004");
    assert.equal(await written(page), TEXT.replace("\u200b", ""));
    await page.locator("#fix-all").click();
    await finds();
    await page.locator("#clean").waitFor();
    assert.ok(await page.locator("#fix-all").isDisabled());
  });

  test("an ignore says why: in text", async () => {
    await write(page, TEXT);
    await finds("S004", "U003");
    await entry("S004").getByRole("button", { name: "Ignore…" }).click();
    await page.locator("#reason").fill("it is quoted");
    await page.keyboard.press("Enter");
    await finds("U003");
    assert.equal(await written(page), `{{! lint-ignore S004: it is quoted }}\n${TEXT}`);
  });

  for (const [name, before, after] of [
    ["no settings", `{\n  "name": "a", "x": 1\n}`, `{\n  "$lint": {"ignore": {"X": "why \\"so\\""}},\n  "name": "a", "x": 1\n}`],
    ["other settings", `{"$lint": {"kind": "json"}, "x": 1}`, `{"$lint": {"ignore": {"X": "why \\"so\\""}, "kind": "json"}, "x": 1}`],
    ["another ignore", `{"$lint": {"ignore": {"S008": "ours"}}}`, `{"$lint": {"ignore": {"X": "why \\"so\\"", "S008": "ours"}}}`],
  ]) {
    test(`an ignore says why: in JSON with ${name}`, async () => {
      const bad = (text) => text.replace("\n}", `,\n  "text": "<|im_start|>"\n}`).replace(/\}$/, (end) => (text.includes("\n") ? end : `, "text": "<|im_start|>"}`));
      await write(page, bad(before));
      await entry("S004").getByRole("button", { name: "Ignore…" }).click();
      await page.locator("#reason").fill(`why "so"`);
      await page.getByRole("button", { name: "Ignore", exact: true }).click();
      await page.waitForFunction(() => document.getElementById("toast").textContent.includes("S004 is ignored"));
      assert.equal(await written(page), bad(after).replace('"X"', '"S004"'));
      await page.waitForFunction(() => ![...document.querySelectorAll("#list .where")].some((where) => where.textContent.includes("S004")));
    });
  }

  test("by keyboard alone: F8, Enter, Escape, and the list", async () => {
    await write(page, TEXT);
    await finds("S004", "U003");
    await page.keyboard.press("Control+Home");
    const focused = () => page.evaluate(() => (document.activeElement.shadowRoot?.activeElement ?? document.activeElement).textContent);
    const opened = (code) => page.locator(".peek").filter({ hasText: code }).locator("button:focus").waitFor();
    await page.keyboard.press("F8");
    await opened("S004");
    await page.keyboard.press("F8");
    await opened("U003");
    await page.keyboard.press("F8");
    await opened("S004");
    // also where another report about the same text has come in between
    await page.locator("#dialect").evaluate((select) => select.dispatchEvent(new Event("change")));
    await page.keyboard.press("F8");
    await opened("U003");
    await page.keyboard.press("Shift+F8");
    await opened("S004");
    await page.keyboard.press("F8");
    await opened("U003");
    assert.match(await focused(), /^Fix/);
    await page.keyboard.press("Enter");
    await finds("S004");
    await page.keyboard.press("F8");
    await opened("S004");
    await page.keyboard.press("Escape");
    await page.locator(".peek").waitFor({ state: "detached" });
    assert.equal(await page.evaluate(() => document.querySelector("#editor").shadowRoot.activeElement.className.includes("cm-content")), true);
    await page.keyboard.press("Control+.");
    await opened("S004");
    await page.keyboard.press("Escape");
    // in the list, arrows walk and Enter goes there
    await write(page, TEXT);
    await finds("S004", "U003");
    await page.locator("#list .place").first().focus();
    await page.keyboard.press("ArrowDown");
    assert.match(await focused(), /U003/);
    await page.keyboard.press("Enter");
    await opened("U003");
    // Tab leaves the editor
    await page.keyboard.press("Escape");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.id), "tab-problems");
    await page.keyboard.press("ArrowRight");
    assert.equal(await page.evaluate(() => document.activeElement.id), "tab-variables");
    assert.ok(await page.locator("#variables").isVisible());
  });

  test("ten planted mistakes are found, and mended by keyboard alone", async () => {
    await write(page, TEN_MISTAKES);
    const told = async () => (await listed(page)).map((each) => {
      const [, severity, code, line] = /(error|warning|info) ([A-Z]\d{3}) [\w-]+, line (\d+)/.exec(each);
      return `${severity} ${code} ${line}`;
    });
    await finds(...TEN.map((each) => each.split(" ")[1]));
    assert.deepEqual(await told(), TEN);
    assert.match(await page.locator("#counts").innerText(), /^4 errors, 6 warnings$/);

    // one by its card, the others that have a fix by the button
    const press = async (key, times = 1) => {
      for (; times > 0; times--) await page.keyboard.press(key);
    };
    const goTo = async (code) => {
      await page.locator("#editor .cm-content").focus();
      for (let tries = 0; tries < 10; tries++) {
        await press("F8");
        await page.locator(".peek button:focus").waitFor();
        if ((await page.locator(".peek").getAttribute("aria-label")).includes(code)) return;
      }
      assert.fail(`F8 never comes to ${code}`);
    };
    await goTo("U003");
    await press("Enter");
    await finds("S001", "I001", "S002", "V001", "T008", "S003", "V002", "V004", "D003");
    await page.locator("#fix-all").focus();
    await press("Enter");
    await finds("S001", "I001", "V001", "S003");

    // what only a person can decide is written in place
    const rewrite = async (code, old, text) => {
      await goTo(code);
      await press("Escape");
      await press("Shift+ArrowRight", old.length);
      assert.equal(await selected(page), old);
      await page.keyboard.type(text);
    };
    await rewrite("I001", "Never name the price.", "Name no discount.");
    await finds("S001", "V001", "S003");
    await rewrite("S001", "{{tone}}", "their channel");
    await finds("V001", "S003", "V002");
    await rewrite("V001", "customer", "brand");
    await finds("S003", "V002");
    await rewrite("S003", "</message>", "</message-{{nonce}}>");
    const [, inside] = /<message>(.*<\/message-\{\{nonce\}\}>)/.exec(await written(page));
    await press("ArrowLeft", inside.length + 1);
    await page.keyboard.type("-{{nonce}}");
    await finds("V002");
    await page.locator("#fix-safe").focus();
    await press("Enter");
    await finds();
    await page.locator("#clean").waitFor();
    assert.equal(JSON.parse(await written(page)).max_tokens, 1024);
  });

  test("kind and dialect are told, or chosen", async () => {
    await write(page, `{"systemInstructions": [], "context": [], "maxTokens": 10, "temperature": 1, "modelId": "gpt-4o"}`);
    await page.waitForFunction(() => document.getElementById("detected").textContent === "Chat request");
    assert.match(await page.locator("#kind option").first().innerText(), /Auto: chat request/);
    await page.locator("#kind").selectOption("text");
    await page.waitForFunction(() => document.getElementById("detected").textContent === "Plain text");
    await page.locator("#dialect").selectOption("format");
    await page.locator("#kind").selectOption("prompt_template");
    await page.waitForFunction(() => document.getElementById("detected").textContent === "Prompt template");
  });

  const TEMPLATE = JSON.stringify({
    name: "greeting", system_instruction: "Be brief.", user_template: "Greet {{name}} of {{place}}.",
    variables: [{ name: "name", max_length: 20 }, { name: "place", max_length: 20 }],
    max_tokens: 512, safety_guardrails: { pii_filter: true, jailbreak_detection: true, output_moderation: true },
  });

  test("variables are filled in, and the prompt is rendered as typed", async () => {
    await write(page, TEMPLATE);
    await page.locator("#tab-variables").click();
    const preview = page.locator("#preview");
    await preview.getByText("Greet ‹name› of ‹place›.").waitFor();
    await page.locator("#inputs textarea").first().fill("Ada {{place}}");
    // a value is not looked into
    await preview.getByText("Greet Ada {{place}} of ‹place›.").waitFor();
    await page.locator("#inputs textarea").first().fill("x".repeat(21));
    await preview.getByText("shorten it").waitFor();
  });

  for (const [kind, text, note, shown] of [
    ["cached template", `{"content": "Order \${order.id}: {{state}}", "cacheSettings": {"ttl": 600}}`, /expressions/, "Order ${order.id}: {{state}}"],
    ["model definition", `{"provider": "openai", "credentials": {}, "promptTemplate": "Sort {input}"}`, /each call/, "Sort {input}"],
    ["plain text", "Hello {{name}}, {place}", /a program of yours/, "Hello {{name}}, {place}"],
  ]) {
    test(`what the page cannot fill in it shows as it is written, and says so: ${kind}`, async () => {
      await write(page, text);
      await page.locator("#tab-variables").click();
      await page.locator("#preview pre").getByText(shown, { exact: true }).waitFor();
      assert.match(await page.locator("#variables-note").innerText(), note);
      assert.equal(await page.locator("#preview-title").innerText(), "As it is written");
      assert.equal(await page.locator("#inputs textarea").count(), 0);
    });
  }

  test("a chat request has neither variables nor a place for ignores", async () => {
    await write(page, `{"systemInstructions": [], "context": [{"role": "user", "content": "<|im_start|>"}], "temperature": 0, "maxTokens": 9, "modelId": "m"}`);
    await finds("S004");
    await entry("S004").getByRole("button", { name: "Ignore…" }).click();
    await page.waitForFunction(() => document.getElementById("toast").textContent.includes("takes no ignores"));
    assert.equal(await page.locator("dialog[open]").count(), 0);
    await page.locator("#tab-variables").click();
    assert.match(await page.locator("#variables-note").innerText(), /no variables/);
    assert.ok(await page.locator("#preview-title").isHidden());
  });

  test("tokens are counted exactly once the vocabulary is there, and it is fetched once", async () => {
    await write(page, TEMPLATE);
    await page.waitForFunction(() => /\d+ tokens \(cl100k_base\)/.test(document.getElementById("tokens").textContent));
    await page.reload();
    await ready(page);
    await page.waitForFunction(() => /\d+ tokens \(cl100k_base\)/.test(document.getElementById("tokens").textContent));
    const fetched = site.requests.filter((url) => url.includes("cl100k_base"));
    const own = await page.evaluate(() => caches.open("promptgate-vocabularies").then((cache) => cache.keys()).then((keys) => keys.map(({ url }) => url)));
    assert.equal(own.length, 1, String(own));
    assert.ok(fetched.length >= 1);
    assert.equal(await page.evaluate(() => performance.getEntriesByType("resource").filter(({ name }) => name.includes("cl100k_base")).length), 0);
  });

  test("the payload is what the gateway would send, or why it would not", async () => {
    const request = { systemInstructions: ["Be brief."], context: [{ role: "user", content: "Send it to DE89 3704 0044 0532 0130 00" }], temperature: 0.3, maxTokens: 200, modelId: "support-small" };
    await write(page, JSON.stringify(request));
    await page.locator("#tab-payload").click();
    await page.waitForFunction(() => document.getElementById("sent").textContent.includes("Be brief."));
    const sent = JSON.parse(await page.locator("#sent pre").innerText());
    assert.equal(sent.modelId, "support-small");
    assert.ok(!JSON.stringify(sent).includes("DE89"), "redacted");
    await write(page, JSON.stringify({ ...request, temperature: 9, maxTokens: 0 }));
    await page.locator("#sent .faults li").nth(1).waitFor();
    assert.match(await page.locator("#payload-note").innerText(), /refuse/);
  });

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
