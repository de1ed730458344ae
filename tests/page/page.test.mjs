// The built page in Chromium: what is found is shown, explained, mended, ignored, by mouse and by keyboard.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TEN, TEXT as TEN_MISTAKES } from "../support/ten-mistakes.mjs";
import { listed, selected, write, written } from "./site.mjs";
import { entry, finds, inChromium, page, said } from "./visit.mjs";

const TEXT = "Summarise this:\n<|im_start|> and that\u200b.\n";

inChromium("the page", () => {
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
    // What a page shows when it is opened has mistakes, too: they are gone before the list is read.
    await write(page, "");
    await finds();
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
});
