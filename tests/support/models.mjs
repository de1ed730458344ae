// What the tests of models share: a gateway whose models are polled quickly, and a manager's requests to it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after } from "node:test";
import { startBoth } from "./both.mjs";
import { KEY, MANAGER, digest } from "./gateway.mjs";

const example = (name) => JSON.parse(readFileSync(new URL(`../../examples/models/${name}.json`, import.meta.url), "utf8"));
export const STRANGER = "pg_test_stranger_0123456789";
export const CANARY = "canary-key-0123456789";
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
// The waits between polls are those of production, shortened: the machines' own tests script the clock.
export const VARS = {
  MODEL_POLL_MS: "5",
  CLIENT_KEYS: `acme:${digest(KEY)} acme:${digest(MANAGER)}:manage other:${digest(STRANGER)}:manage`,
};

export const { simulator, gateway } = await startBoth((simulator) => ({
  ...VARS, WEBHOOK_URL: `${simulator.url}/_simulator/webhook`, WEBHOOK_PRIVATE: "true",
}));
/** Everything that was answered, for the search for secrets. */
export const answers = [];
after(() => assert.doesNotMatch(answers.filter((text) => !text.includes("canary-input")).join("\n"), /canary/));

let count = 0;
export const definition = (changes = {}) => ({
  ...example("parcel-intent"), name: `parcel intent ${process.pid} ${count++}`, credentials: { apiKey: CANARY }, ...changes,
});
export const configuration = (id, changes = {}) => ({ ...example("configurations/strict"), model_id: id, ...changes });
export const ask = async (...call) => {
  const answer = await gateway.ask(...call);
  answers.push(JSON.stringify(answer.body));
  return answer;
};
/** The changes of status until the last one. */
export const watch = async (id, after, on = gateway, key = MANAGER) => {
  const { status, headers, body } = await on.ask("GET", `/v1/models/${id}/events`, undefined, {
    authorization: `Bearer ${key}`, ...(after && { "last-event-id": after }),
  });
  if (status !== 200) return { status, body };
  assert.match(headers.get("content-type"), /^text\/event-stream/);
  const events = body.split("\n\n").filter((block) => block && !block.startsWith(":")).map((block) => {
    const [, number, data] = /^id: (\d+)\nevent: status\ndata: (.*)$/.exec(block) ?? [];
    return { number: Number(number), ...JSON.parse(data) };
  });
  answers.push(body);
  return { status, events, statuses: events.map(({ status }) => status) };
};
export const submit = async (document = definition(), on = gateway) => {
  const answer = await on.ask("POST", "/v1/models", document);
  assert.equal(answer.status, 202, JSON.stringify(answer.body));
  answers.push(JSON.stringify(answer.body));
  return answer.body.model.id;
};
export const active = async (document) => {
  const id = await submit(document);
  assert.equal((await watch(id)).statuses.at(-1), "ACTIVE");
  return id;
};
/** The audit rows of an action, of one model or of all. */
export const rows = async (action, count = 1, id = undefined) => {
  for (let found = 1; ; found++) {
    const all = await gateway.rows(found, /^model/);
    const seen = all.filter((row) => row.action === action && (id === undefined || row.resource.id === id));
    if (seen.length >= count) return seen;
  }
};
/** What `look` gives once it is `right`; the last it gave, if that never comes. */
export const until = async (look, right) => {
  for (let tries = 0; ; tries++) {
    const seen = await look();
    if (right(seen) || tries === 200) return seen;
  }
};
export const models = async () => (await simulator.kept("models"));
export const path = (suffix) => async () => (await simulator.requests()).filter(({ path }) => path.endsWith(suffix));
