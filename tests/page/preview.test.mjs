// The built page in Chromium: the preview of what would be sent.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ready, write } from "./site.mjs";
import { entry, finds, inChromium, page, site } from "./visit.mjs";

inChromium("the preview", () => {
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
});
