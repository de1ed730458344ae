// What is stored of secrets is sealed (SEAL_KEYS): raw workerd, whose files on disk are searched, write-ahead logs too.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { startService } from "./support/service.mjs";
import { startSimulator } from "./support/simulator.mjs";

const CANARY = "canary-provider-key-0123456789";
const key = (name) => `${name}:${randomBytes(32).toString("base64")}`;

let simulator, data, service;
before(async () => {
  simulator = await startSimulator();
});
after(() => simulator?.stop());
afterEach(async () => {
  await service?.stop();
  rmSync(data, { recursive: true, force: true });
  await simulator.reset();
});

/** Whether a text is anywhere in the files of the objects. */
const onDisk = (text) => readdirSync(join(data, "objects"), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile()).some((entry) => readFileSync(join(entry.parentPath ?? entry.path, entry.name)).includes(text));

const start = async (environment) => {
  service = await startService(simulator, data, { MODEL_POLL_MS: "100", ...environment });
};
const submit = async () => {
  const document = JSON.parse(readFileSync(new URL("../examples/models/ticket-classifier.json", import.meta.url), "utf8"));
  document.credentials = { ...document.credentials, apiKey: CANARY };
  const { status, body } = await service.ask("POST", "/v1/models", document);
  assert.ok(status === 202 || status === 201, JSON.stringify(body));
  return body.model.id;
};
async function until(look, holds) {
  for (let tries = 0; ; tries++) {
    const seen = await look();
    if (holds(seen)) return seen;
    assert.ok(tries < 400, JSON.stringify(seen));
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

test("a provider's key is on the disk without SEAL_KEYS, and with them it is not", { timeout: 60_000 }, async () => {
  data = mkdtempSync(join(tmpdir(), "promptgate-seal-"));
  await simulator.provisioning({ polls: 10_000 });
  await start({});
  await submit();
  assert.ok(onDisk(CANARY), "this search finds what is there");
  await service.stop();
  rmSync(data, { recursive: true, force: true });

  data = mkdtempSync(join(tmpdir(), "promptgate-seal-"));
  const [first, second] = [key("first"), key("second")];
  await start({ SEAL_KEYS: first });
  const id = await submit();
  assert.ok(onDisk("v1:first:") && !onDisk(CANARY));

  // a new key before the old one: what is stored from now on is sealed by it
  await service.kill();
  await start({ SEAL_KEYS: `${second} ${first}` });
  assert.equal((await service.ask("GET", `/v1/models/${id}`)).status, 200);
  await until(() => onDisk("v1:second:"), Boolean);
  assert.ok(!onDisk(CANARY) && !onDisk(second.slice(7)));

  // and then the old one is needed no more; without either nothing opens, and the log says which is missing
  await service.stop();
  await start({ SEAL_KEYS: second });
  assert.equal((await service.ask("GET", `/v1/models/${id}`)).status, 200);
  await service.stop();
  await start({ SEAL_KEYS: key("third") });
  assert.equal((await service.ask("GET", `/v1/models/${id}`)).status, 503);
  assert.match(service.said(), /"key_missing":"second"/);
  assert.doesNotMatch(service.said(), /canary/);
});

test("a model that was stored before there was a key goes on, and is sealed then", { timeout: 60_000 }, async () => {
  data = mkdtempSync(join(tmpdir(), "promptgate-seal-"));
  await simulator.provisioning({ polls: 4 });
  await start({});
  const id = await submit();
  const status = async () => (await service.ask("GET", `/v1/models/${id}`)).body.status;
  await until(status, (status) => status !== "SUBMITTED");
  await service.stop();
  await start({ SEAL_KEYS: key("late") });
  await until(status, (status) => status === "ACTIVE");
  assert.ok(onDisk("v1:late:"));
});

test("what is kept of keys is sealed: names, rights, limits", { timeout: 60_000 }, async () => {
  data = mkdtempSync(join(tmpdir(), "promptgate-seal-"));
  const make = async (name) => {
    const { status, body } = await service.ask("POST", "/v1/keys", { name, tenant: "acme" });
    assert.equal(status, 201, JSON.stringify(body));
    return body;
  };
  const whoami = async (secret) => (await service.ask("GET", "/v1/whoami", undefined, secret)).status;
  await start({});
  const plain = await make("canary-plain");
  assert.ok(onDisk("canary-plain"), "this search finds what is there");
  const [first, second] = [key("first"), key("second")];
  await service.stop();
  await start({ SEAL_KEYS: first });
  const sealed = await make("canary-sealed");
  assert.ok(onDisk("v1:first:") && !onDisk("canary-sealed") && !onDisk(sealed.secret));
  assert.deepEqual([await whoami(plain.secret), await whoami(sealed.secret)], [200, 200], "those of before are read too");
  await service.kill();
  await start({ SEAL_KEYS: `${second} ${first}` });
  assert.equal(await whoami(sealed.secret), 200);
  assert.equal((await service.ask("PATCH", `/v1/keys/${sealed.id}`, { name: "canary-again" })).status, 200);
  assert.ok(onDisk("v1:second:") && !onDisk("canary-again"));
  await service.stop();
  await start({ SEAL_KEYS: second });
  assert.equal(await whoami(sealed.secret), 200);
});
