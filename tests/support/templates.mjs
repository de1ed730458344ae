// What the tests of templates share: a gateway with a webhook, templates and cached templates.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { startBoth } from "./both.mjs";

const folder = new URL("../../examples/templates/", import.meta.url);
export const library = readdirSync(folder).filter((name) => name.endsWith(".json")).sort()
  .map((name) => JSON.parse(readFileSync(new URL(name, folder), "utf8")));
const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

export const { simulator, gateway } = await startBoth((simulator) => ({
  WEBHOOK_URL: `${simulator.url}/_simulator/webhook`, WEBHOOK_SECRET: SECRET, WEBHOOK_PRIVATE: "true",
}));

export const template = (changes = {}) => ({
  name: `reply ${Math.random().toString(36).slice(2)}`,
  system_instruction: "You write replies for a contact centre. Be brief.",
  user_template: "Reply to {{customer}} in {{language}}.",
  variables: ["customer", "language"],
  max_tokens: 512,
  ...changes,
});
export const cached = (changes = {}) => ({
  name: "order status", content: "Tell ${customer} where the parcel is.",
  variables: [{ name: "customer", value: "" }], cacheSettings: { enabled: true, ttl: 600 }, ...changes,
});
export const create = async (document = template()) => {
  const answer = await gateway.ask("POST", "/v1/templates", document);
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return answer.body;
};
export const publish = async (document = cached()) => {
  const answer = await gateway.ask("POST", "/v1/cache/templates", document);
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return { ...answer.body, etag: answer.headers.get("etag"), sent: answer.headers.get("x-payload-bytes") };
};
export const hooks = async (count, isOne) => {
  // Messages of an earlier test may come in between.
  for (let most = count; ; most++) {
    await simulator.wait({ webhook: most });
    const found = (await simulator.webhooks()).filter(isOne);
    if (found.length >= count) return found;
  }
};
