// The audit log searched, followed, signed and let go (requirements, H), and the time series (`GET /v1/stats`).
import assert from "node:assert/strict";
import { createHash, createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { createServer } from "node:http";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startBoth } from "./support/both.mjs";
import { ADMIN, AUDITOR, KEY, MANAGER, OTHER, digest, request, startGateway } from "./support/gateway.mjs";
import { startService } from "./support/service.mjs";

const { simulator, gateway } = await startBoth({ AUDIT_OBJECT_ROWS: "9" }, { fresh: false });

const CARD = request({ context: [{ role: "user", content: "my card is 4111 1111 1111 1111" }] });
const ask = async (path, accept = "application/json", key = ADMIN, url = gateway.url) => {
  const response = await fetch(url + path, { headers: { authorization: `Bearer ${key}`, ...(accept && { accept }) } });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: /json/.test(response.headers.get("content-type")) && !/jsonl/.test(response.headers.get("content-type")) ? JSON.parse(text) : undefined };
};
const found = async (query, key) => {
  const { status, body, text } = await ask(`/v1/audit${query}`, "application/json", key);
  assert.equal(status, 200, text);
  return body.rows;
};

test("H: rows are found by what they say, in both orders, page by page, over many objects", async () => {
  const started = new Date(Date.now() - 60_000).toISOString();
  const refused = await gateway.chat(CARD);
  assert.equal(refused.status, 422);
  for (let number = 0; number < 20; number++) await gateway.chat(request(number % 4 ? {} : { modelId: "support-large" }));
  await gateway.chat(request(), { authorization: `Bearer ${OTHER}` });
  const made = await gateway.ask("POST", "/v1/templates", JSON.parse(readFileSync(new URL("../examples/templates/order-status.json", import.meta.url), "utf8")));
  await gateway.audited(23);

  const [blocked, ...others] = await found("?status=refused");
  assert.equal(others.length, 0);
  assert.deepEqual([blocked.row.code, blocked.row.tenant, blocked.row.rules[0].action], ["safety_refused", "acme", "block"]);
  const { rule } = blocked.row.rules[0];
  for (const query of [`?rule=${rule}`, "?code=safety_refused", `?request_id=${blocked.row.request_id}`, `?rule=${rule}&tenant=acme&status=refused&from=${started}`]) {
    assert.deepEqual((await found(query)).map(({ hash }) => hash), [blocked.hash], query);
  }
  assert.equal((await found("?model=support-large")).length, 5);
  assert.equal((await found(`?key=${digest(OTHER).slice(0, 12)}`)).length, 1);
  assert.deepEqual((await found(`?template=${made.body.id}`)).map(({ row }) => row.action), ["template.create"]);
  for (const none of ["?model=none", `?rule=${rule}&tenant=globex`, `?to=${started}`, "?from=2100-01-01", "?code=%27%20OR%201=1--", "?model=support-large&status=refused"]) {
    assert.deepEqual(await found(none), [], none);
  }

  // all calls, by pages of three, forwards and backwards
  const pages = async (order) => {
    const seen = [];
    for (let next = `/v1/audit?tenant=acme&status=success&limit=3&order=${order}&before=24`; next;) {
      const { body, headers } = await ask(next);
      assert.ok(body.rows.length <= 3);
      seen.push(...body.rows.map(({ sequence }) => sequence));
      if (body.next) assert.equal(headers.get("link"), `<${body.next}>; rel="next"`);
      next = body.next;
    }
    return seen;
  };
  const forwards = await pages("oldest");
  assert.equal(forwards.length, 21);
  assert.deepEqual(forwards, [...forwards].sort((a, b) => a - b));
  assert.deepEqual((await pages("newest")).reverse(), forwards);
});

test("H: as JSON Lines, and as a table that no spreadsheet computes", async () => {
  await gateway.chat(request({ modelId: "=1+1" }));
  await gateway.audited(24);
  const lines = await ask("/v1/audit?code=safety_refused", "application/jsonl");
  assert.equal(lines.headers.get("content-type"), "application/jsonl");
  const [line, ...none] = lines.text.trim().split("\n").map((text) => JSON.parse(text));
  assert.deepEqual([line.row.code, none], ["safety_refused", []]);
  const table = await ask("/v1/audit?model=%3D1%2B1", "text/csv");
  assert.match(table.headers.get("content-type"), /^text\/csv/);
  const [head, row] = table.text.split("\r\n");
  assert.match(head, /^sequence,time,id,request_id,tenant,key_id,action,/);
  assert.match(row, /,'=1\+1,/);
});

test("H: who reads is a row; a tenant's reader finds its own rows; bad questions name every fault", async () => {
  const own = await found("?limit=1000", AUDITOR);
  assert.ok(own.length > 20 && own.every(({ row }) => row.tenant === "acme"));
  assert.deepEqual(await found("?tenant=globex", AUDITOR), []);
  assert.ok((await found("?limit=1000")).some(({ row }) => row.tenant === "globex"));
  const readers = (await found("?limit=1000&order=newest")).filter(({ row }) => row.action === "audit_log.export");
  assert.ok(readers.some(({ row }) => row.key_id === digest(AUDITOR).slice(0, 12)));
  const bad = await ask("/v1/audit?status=blocked&from=now&limit=0&tenent=a");
  assert.equal(bad.status, 400);
  assert.deepEqual(bad.body.errors.map(({ path }) => path), ["$.query.tenent"]);
  const faults = await ask("/v1/audit?status=blocked&from=now&order=up");
  assert.deepEqual(faults.body.errors.map(({ path }) => path), ["$.query.status", "$.query.from", "$.query.order"]);
  assert.equal((await ask("/v1/audit?status=refused", undefined, KEY)).status, 403);
});

test("H: the log is followed as it grows, from where its reader was", async () => {
  const response = await fetch(`${gateway.url}/v1/audit?status=refused`, { headers: { authorization: `Bearer ${ADMIN}`, accept: "text/event-stream" } });
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const until = async (pattern) => {
    while (!pattern.test(text)) {
      const { done, value } = await reader.read();
      assert.ok(!done, text);
      text += value;
    }
  };
  await until(/^: nothing new\n\n/);
  const { headers } = await gateway.chat(CARD);
  await until(/\ndata: .*\n\n/);
  const [, id, data] = /id: (\d+)\ndata: (.*)\n\n/.exec(text);
  assert.deepEqual([JSON.parse(data).row.request_id, JSON.parse(data).sequence], [headers.get("x-request-id"), Number(id)]);
  await reader.cancel();

  // whoever comes back has what it missed
  const missed = await gateway.chat(CARD);
  const again = await fetch(`${gateway.url}/v1/audit?status=refused`, { headers: { authorization: `Bearer ${ADMIN}`, accept: "text/event-stream", "last-event-id": id } });
  const second = again.body.pipeThrough(new TextDecoderStream()).getReader();
  text = "";
  while (!/\ndata: /.test(text)) text += (await second.read()).value;
  assert.equal(JSON.parse(/data: (.*)/.exec(text)[1]).row.request_id, missed.headers.get("x-request-id"));
  await second.cancel();
});

/** A key as `promptgate audit key` makes it, and a check of notes by it. */
function signer(name) {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const raw = Buffer.concat([Buffer.from([1]), publicKey.export({ format: "der", type: "spki" }).subarray(12)]);
  const id = createHash("sha256").update(`${name}\n`).update(raw).digest().subarray(0, 4);
  const seed = Buffer.concat([Buffer.from([1]), privateKey.export({ format: "der", type: "pkcs8" }).subarray(16)]);
  return {
    secret: `PRIVATE+KEY+${name}+${id.toString("hex")}+${seed.toString("base64")}`,
    seed: privateKey.export({ format: "jwk" }).d,
    /** The size, hash and time that a note signs. */
    open(note) {
      const [text, signature] = [note.slice(0, note.indexOf("\n\n") + 1), note.slice(note.indexOf("\n\n") + 2)];
      const [, by, base64] = /^— (\S+) (\S+)\n$/.exec(signature);
      const bytes = Buffer.from(base64, "base64");
      assert.deepEqual([by, bytes.subarray(0, 4)], [name, id]);
      assert.ok(verify(null, Buffer.from(text), createPublicKey(publicKey.export({ format: "pem", type: "spki" })), bytes.subarray(4)), "the signature");
      const [origin, size, hash, time] = text.split("\n");
      assert.equal(origin, name);
      return { sequence: Number(size), hash: Buffer.from(hash, "base64").toString("hex"), time: time.replace("time ", "") };
    },
  };
}

test("H: heads are signed, listed with their times, brought by webhook, and stand where rows were let go", { timeout: 90_000 }, async () => {
  const data = mkdtempSync(join(tmpdir(), "promptgate-heads-"));
  const key = signer("gateway.example/audit");
  const hooks = [];
  const receiver = createServer(async (incoming, outgoing) => {
    let text = "";
    for await (const chunk of incoming) text += chunk;
    hooks.push(JSON.parse(text));
    outgoing.writeHead(204).end();
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const settings = {
    CLIENT_KEYS: `acme:${digest(KEY)} platform:${digest(ADMIN)}:admin`, AUDIT_SIGNING_KEY: key.secret, AUDIT_CHECKPOINT: "1s",
    WEBHOOKS: JSON.stringify([{ name: "witness", url: `http://127.0.0.1:${receiver.address().port}/`, events: ["audit.checkpoint"], private: true }]),
  };
  let service = await startService(simulator, data, settings);
  const heads = async () => (await ask("/v1/audit/heads", undefined, ADMIN, service.url)).body.heads;
  const until = async (look, holds) => {
    for (let tries = 0; ; tries++) {
      const seen = await look();
      if (holds(seen)) return seen;
      assert.ok(tries < 300, JSON.stringify(seen));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const chat = async () => assert.equal((await service.ask("POST", "/v1/chat", request(), KEY)).status, 200);
  try {
    for (let number = 0; number < 5; number++) await chat();
    const [first] = await until(heads, ({ length }) => length > 0);
    const opened = key.open(first.checkpoint);
    assert.deepEqual([opened.sequence, opened.hash, opened.time], [first.sequence, first.hash, first.time]);
    await until(() => hooks, (hooks) => hooks.some(({ sequence, checkpoint }) => sequence === first.sequence && checkpoint === first.checkpoint));

    const whole = (await ask("/v1/audit", "*/*", ADMIN, service.url)).text.trim().split("\n").map((line) => JSON.parse(line));
    const at = whole.findIndex(({ checkpoint }) => checkpoint === first.checkpoint);
    assert.deepEqual([whole[at - 1].sequence, whole[at - 1].hash], [first.sequence, first.hash], "behind its row");

    // a policy that lets everything go that is older than two seconds
    await service.kill();
    service = await startService(simulator, data, { ...settings, AUDIT_KEEP: "2s" });
    await chat();
    const kept = await until(
      async () => (await ask("/v1/audit", "*/*", ADMIN, service.url)).text.trim().split("\n").map((line) => JSON.parse(line)),
      ([begin]) => begin.checkpoint !== undefined,
    );
    const gone = key.open(kept[0].checkpoint);
    assert.ok(gone.sequence >= first.sequence);
    const rows = kept.filter(({ row }) => row);
    if (rows.length) assert.deepEqual([rows[0].sequence, rows[0].previous], [gone.sequence + 1, gone.hash], "what is kept goes on after it");
    assert.deepEqual((await ask(`/v1/audit?before=${gone.sequence + 1}&limit=5`, "application/json", ADMIN, service.url)).body.rows, []);
    // and the chain goes on
    await chat();
    const more = (await ask("/v1/audit", "*/*", ADMIN, service.url)).text.trim().split("\n").map((line) => JSON.parse(line));
    assert.ok(more.at(-1).head.sequence > gone.sequence);
    assert.ok(!service.said().includes(key.seed) && !service.said().includes(key.secret));
  } finally {
    await service.stop();
    receiver.close();
    rmSync(data, { recursive: true, force: true });
  }
});

test("T1: the time series agree with the audit log, and a tenant sees its own", async () => {
  const own = await startGateway(simulator);
  try {
    const tokens = { prompt: 0, completion: 0 };
    for (let number = 0; number < 6; number++) {
      const answer = await own.chat(request(number % 2 ? {} : { modelId: "support-large" }));
      const { prompt_tokens, completion_tokens } = answer.events.find(({ name }) => name === "usage").data;
      tokens.prompt += prompt_tokens;
      tokens.completion += completion_tokens;
    }
    assert.equal((await own.chat(CARD)).status, 422);
    await own.chat(request(), { authorization: `Bearer ${OTHER}` });
    const stats = async (query, key = ADMIN) => {
      const { status, body, text } = await ask(`/v1/stats${query}`, undefined, key, own.url);
      assert.equal(status, 200, text);
      return body;
    };
    const sum = (points, name) => points.reduce((total, point) => total + Number(point[name]), 0);
    const chats = (await stats("?by=tenant,route,model,code,upstream")).points.filter(({ route }) => route === "/v1/chat");
    const acme = chats.filter(({ tenant }) => tenant === "acme");
    assert.equal(sum(acme, "requests"), 7);
    assert.deepEqual([sum(acme, "prompt_tokens"), sum(acme, "completion_tokens")], [tokens.prompt, tokens.completion]);
    assert.deepEqual(acme.map(({ model, code, upstream, requests }) => [model, code, upstream, requests]).sort(), [
      ["", "safety_refused", "", 1], ["support-large", "", "genesys", 3], ["support-small", "", "genesys", 3],
    ]);
    const { text } = await own.audit("?tenant=acme&status=success&limit=1000", ADMIN);
    const cost = text.trim().split("\n").map((line) => JSON.parse(line).row).filter(({ action }) => action === "chat.complete").reduce((total, { cost_usd }) => total + Number(cost_usd), 0);
    assert.equal(sum(acme, "cost_usd").toFixed(6), cost.toFixed(6));
    for (const step of ["minute", "hour", "day"]) {
      const { points } = await stats(`?step=${step}&by=route`);
      assert.equal(sum(points.filter(({ route }) => route === "/v1/chat"), "requests"), 8, step);
    }
    assert.ok((await stats("?by=tenant", MANAGER)).points.every(({ tenant }) => tenant === "acme"));
    assert.equal(sum((await stats("?by=route", MANAGER)).points.filter(({ route }) => route === "/v1/chat"), "requests"), 7);
    assert.deepEqual((await stats("?from=2020-01-01&to=2020-01-02")).points, []);
    assert.equal((await ask("/v1/stats?step=week", undefined, ADMIN, own.url)).status, 400);
    assert.equal((await ask("/v1/stats", undefined, KEY, own.url)).status, 403);
  } finally {
    await own.stop();
  }
});
