// Webhooks that arrive (requirements, H; reliability, row 37), in raw workerd with its objects on disk. The receiver
// verifies with Standard Webhooks' own library.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import net from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { Webhook } from "standardwebhooks";
import { KEY, MANAGER, request } from "./support/gateway.mjs";
import { startService } from "./support/service.mjs";
import { startSimulator } from "./support/simulator.mjs";

const secret = (letter) => `whsec_${Buffer.from(letter.repeat(32)).toString("base64")}`;
const [NEW, OLD] = [secret("n"), secret("o")];

let simulator, data, service, receiver;
before(async () => {
  simulator = await startSimulator();
});
after(() => simulator?.stop());
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), "promptgate-webhooks-"));
  receiver = await startReceiver();
});
afterEach(async () => {
  await service?.stop();
  await receiver.stop();
  rmSync(data, { recursive: true, force: true });
});

/** A receiver whose answers are `answer(message, number)`: a status, or `[status, headers]`. */
async function startReceiver() {
  const taken = [];
  const waiting = new Set();
  const server = createServer(async (incoming, outgoing) => {
    let text = "";
    for await (const chunk of incoming.setEncoding("utf8")) text += chunk;
    const message = { path: incoming.url, headers: incoming.headers, text, at: Date.now(), body: JSON.parse(text) };
    taken.push(message);
    const [status, headers = {}] = [self.answer(message, taken.length)].flat();
    outgoing.writeHead(status, headers).end();
    for (const check of waiting) check();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const self = {
    url: `http://127.0.0.1:${server.address().port}`,
    taken,
    answer: () => 204,
    /** Those that a predicate holds for, once there are `count` of them. */
    async messages(count, holds = () => true) {
      const found = () => taken.filter(holds);
      const limit = AbortSignal.timeout(20_000);
      while (found().length < count) {
        await new Promise((resolve, reject) => {
          const check = () => { waiting.delete(check); resolve(); };
          waiting.add(check);
          limit.addEventListener("abort", () => reject(new Error(`${found().length} of ${count} messages came\n${service?.said()}`)), { once: true });
        });
      }
      return found();
    },
    stop: () => new Promise((done) => { server.close(done); server.closeAllConnections(); }),
  };
  return self;
}

const start = async (settings = {}) => {
  service = await startService(simulator, data, {
    WEBHOOK_URL: `${receiver.url}/hooks?token=canary-token`, WEBHOOK_SECRET: `${NEW} ${OLD}`, WEBHOOK_PRIVATE: "true", WEBHOOK_RETRY_MS: "40", ...settings,
  });
  return service;
};
const chat = async () => {
  const { status, body } = await service.ask("POST", "/v1/chat", request(), KEY);
  assert.equal(status, 200);
  assert.match(body, /event: done/);
};
const status = async (name = "default") => (await service.ask("GET", "/v1/webhooks")).body.destinations.find((destination) => destination.name === name);
/** Asks how the destination fares until it fares so. */
async function until(holds, name = "default") {
  for (let tries = 0; ; tries++) {
    const now = await status(name);
    if (holds(now)) return now;
    assert.ok(tries < 400, JSON.stringify(now));
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
const template = (name) => ({ name, system_instruction: "You help.", user_template: "Hello {{name}}", variables: ["name"], max_tokens: 512 });

test("H: each family goes to its destination, signed with both secrets while one replaces the other", { timeout: 60_000 }, async () => {
  await start({
    WEBHOOK_URL: "", WEBHOOK_SECRET: "",
    WEBHOOKS: JSON.stringify([
      { name: "cost", url: `${receiver.url}/cost`, events: ["llm_prompt_completed"], secrets: ["NEW", "OLD"], private: true },
      { name: "library", url: `${receiver.url}/library`, events: ["template.*", "limit.*"], secrets: ["NEW"], private: true },
      { name: "everything", url: `${receiver.url}/everything`, private: true },
    ]),
    NEW, OLD,
  });
  await chat();
  const made = await service.ask("POST", "/v1/templates", template(`webhooks-${Date.now()}`));
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const messages = await receiver.messages(4);
  const seen = messages.map(({ path, body }) => `${path} ${body.event}`).sort();
  assert.deepEqual(seen, ["/cost llm_prompt_completed", "/everything llm_prompt_completed", "/everything template.create", "/library template.create"]);
  const to = (path) => messages.find((message) => message.path === path);
  // Whoever has the new secret or the old one takes it; a third one does not.
  for (const key of [NEW, OLD]) assert.equal(new Webhook(key).verify(to("/cost").text, to("/cost").headers).event, "llm_prompt_completed");
  assert.throws(() => new Webhook(secret("x")).verify(to("/cost").text, to("/cost").headers));
  assert.throws(() => new Webhook(NEW).verify(to("/cost").text.replace("support", "Support"), to("/cost").headers), "a body that was changed");
  new Webhook(NEW).verify(to("/library").text, to("/library").headers);
  assert.throws(() => new Webhook(OLD).verify(to("/library").text, to("/library").headers));
  assert.equal(to("/everything").headers["webhook-signature"], undefined);
  assert.equal(to("/library").body.payload.id, made.body.id);
  assert.doesNotMatch(messages.map(({ text }) => text).join(), /canary-prompt|You help/);
});

test("H, row 37: kill -9 and a restart lose none: each arrives, in order, though nobody asks for anything", { timeout: 90_000 }, async () => {
  receiver.answer = () => 500;
  await start();
  for (let number = 0; number < 12; number++) await chat();
  await until(({ waiting, last_status }) => waiting === 12 && last_status === 500);
  await service.kill();
  const tried = receiver.taken.length;
  assert.equal(new Set(receiver.taken.map(({ headers }) => headers["webhook-id"])).size, 1, "those behind the first one wait");

  receiver.answer = () => 204;
  await start();
  const after = () => receiver.taken.slice(tried);
  await receiver.messages(tried + 12);
  const ids = after().map(({ headers }) => headers["webhook-id"]);
  assert.equal(new Set(ids).size, 12);
  const times = after().map(({ body }) => body.timestamp);
  assert.deepEqual(times, [...times].sort());
  for (const { text, headers } of after()) new Webhook(OLD).verify(text, headers);
  await until(({ waiting, dead_letters }) => waiting === 0 && dead_letters === 0);

  // killed in the middle of a delivery: it comes again, with the same id
  receiver.answer = () => { void service.kill(); return 204; };
  const before = receiver.taken.length;
  await chat().catch(() => {});
  await service.ended;
  receiver.answer = () => 204;
  await start();
  await until(({ waiting }) => waiting === 0);
  assert.equal(new Set(receiver.taken.slice(before).map(({ headers }) => headers["webhook-id"])).size, 1);
});

test("row 37: 410 disables; what waits then and what comes later are dead letters, which can be sent again", { timeout: 60_000 }, async () => {
  receiver.answer = () => 410;
  await start();
  await chat();
  const gone = await until(({ enabled }) => !enabled);
  assert.ok(gone.disabled && gone.dead_letters === 1);
  await chat();
  await until(({ dead_letters }) => dead_letters === 2);
  assert.equal(receiver.taken.length, 1, "nothing more is sent there");
  assert.doesNotMatch(JSON.stringify(gone) + service.said(), /canary/);
  assert.match(service.said(), /webhook_disabled/);

  const first = await service.ask("GET", "/v1/webhooks/default/dead-letters?limit=1");
  assert.deepEqual(first.body.dead_letters.map(({ event, reason, last_status }) => [event, reason, last_status]), [["llm_prompt_completed", "disabled", 410]]);
  const second = await service.ask("GET", `/v1/webhooks/default/dead-letters?after=${first.body.next}`);
  assert.deepEqual([second.body.dead_letters.length, second.body.next], [1, null]);

  receiver.answer = () => 200;
  const [{ id }] = second.body.dead_letters;
  assert.deepEqual((await service.ask("POST", "/v1/webhooks/default/redeliver", { ids: [id, "msg_unknown"] })).body, { redelivered: 1 });
  assert.equal((await receiver.messages(2))[1].headers["webhook-id"], id);
  assert.deepEqual((await service.ask("POST", "/v1/webhooks/default/redeliver", {})).body, { redelivered: 1 });
  const all = await until(({ waiting, dead_letters }) => waiting === 0 && dead_letters === 0);
  assert.equal(all.enabled, true);
  await chat();
  await receiver.messages(4);

  for (const [method, path, body, status] of [
    ["GET", "/v1/webhooks/none/dead-letters", undefined, 404], ["POST", "/v1/webhooks/none/redeliver", {}, 404],
    ["POST", "/v1/webhooks/default/redeliver", { id: "x" }, 400], ["GET", "/v1/webhooks/default/dead-letters?limit=101", undefined, 400],
    ["GET", "/v1/webhooks/default/redeliver", undefined, 405],
  ]) {
    assert.equal((await service.ask(method, path, body)).status, status, `${method} ${path}`);
  }
  for (const key of [KEY, MANAGER]) assert.equal((await service.ask("GET", "/v1/webhooks", undefined, key)).status, 403);
});

test("row 37: Retry-After is honoured, redirects are not followed, and what cannot arrive within the day is a dead letter", { timeout: 60_000 }, async () => {
  const answers = [[429, { "retry-after": "1" }], [307, { location: `${receiver.url}/elsewhere` }], 503, 204, [429, { "retry-after": "86400" }]];
  receiver.answer = (_, number) => answers[number - 1] ?? 204;
  await start();
  await chat();
  const tries = await receiver.messages(4);
  assert.ok(tries[1].at - tries[0].at >= 1_000, `${tries[1].at - tries[0].at} ms`);
  assert.deepEqual(new Set(tries.map(({ path }) => path)), new Set(["/hooks?token=canary-token"]));
  assert.equal(new Set(tries.map(({ headers }) => headers["webhook-id"])).size, 1);
  // the time of the try is signed, so that a receiver can refuse old ones
  assert.ok(Number(tries[3].headers["webhook-timestamp"]) > Number(tries[0].headers["webhook-timestamp"]));
  tries.forEach(({ text, headers }) => new Webhook(NEW).verify(text, headers));
  await until(({ waiting }) => waiting === 0);

  await chat();
  await until(({ dead_letters }) => dead_letters === 1);
  const { body } = await service.ask("GET", "/v1/webhooks/default/dead-letters");
  assert.deepEqual(body.dead_letters.map(({ reason, attempts }) => [reason, attempts]), [["retry_after_too_late", 1]]);
  await chat();
  await receiver.messages(6);
  const { body: metrics } = await service.ask("GET", "/v1/metrics");
  assert.match(metrics, /promptgate_webhooks_total\{destination="default",event="llm_prompt_completed",result="failed"\} 3/);
  assert.match(metrics, /promptgate_webhooks_total\{destination="default",event="llm_prompt_completed",result="dead"\} 1/);
});

test("row 37: a name that leads to a private network is not called, unless that is allowed", { timeout: 60_000 }, async () => {
  // this machine's own name, which is no private address by its look
  let connections = 0;
  const server = net.createServer((socket) => { connections++; socket.destroy(); }).listen(0, "0.0.0.0");
  await once(server, "listening");
  const url = `https://${hostname()}:${server.address().port}/`;
  await start({
    WEBHOOK_URL: "", WEBHOOK_SECRET: "",
    WEBHOOKS: JSON.stringify([{ name: "public", url, events: ["llm_prompt_completed"] }, { name: "private", url, events: ["template.*"], private: true }]),
  });
  await chat();
  await until(({ attempts }) => attempts >= 2, "public");
  assert.equal(connections, 0);
  await service.ask("POST", "/v1/templates", template(`private-${Date.now()}`));
  await until(({ attempts }) => attempts >= 1, "private");
  assert.ok(connections > 0, "where it is allowed it is called");
  server.close();
});
