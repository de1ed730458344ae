// Calls with an Idempotency-Key whose process is killed, whose disk is full, whose key is gone (reliability, rows 28–33).
// Real workerd, objects on disk, processes ended by SIGKILL.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { PRLIMIT, startOnDisk } from "./support/disk.mjs";
import { AUDITOR, KEY, content, digest, request, startGateway } from "./support/gateway.mjs";
import {
  OPENAI, SEAL_KEYS, asked, begin, complete, completion, end, key, openai, own, replayed, ring, simulator,
} from "./support/keyed.mjs";

test("row 28: killed before anything is sent, the call is made by the next request", async () => {
  await own({}, async (here, again) => {
    const headers = key();
    await simulator.fault({ kind: "hang" }, { on: "token" });
    const lost = here.chat(request(), headers).catch(() => "lost");
    await asked("token");
    await here.kill();
    assert.equal(await lost, "lost");
    here = await again();
    const answer = await here.chat(request(), headers);
    assert.deepEqual([...end(answer), replayed(answer)], [200, "done", undefined, null]);
    assert.equal((await simulator.stats()).executions, 1);
  });
});

test("row 29: killed in mid-stream, an upstream without keys is never asked again; the prefix stays, and the row is found", async () => {
  await own(openai(), async (here, again) => {
    const headers = key();
    await simulator.fault({ kind: "gate", after_frames: 30 }, { on: "openai_chat" });
    const first = await begin(here, headers, completion({ stream: true }), OPENAI);
    await here.kill();
    await first.rest;
    here = await again();
    // Nobody asks: the object's alarm finds it.
    const [row] = await here.rows(1);
    assert.deepEqual([row.action, row.outcome, row.code, row.attempts, row.cost_usd], ["chat.complete", "unknown", "outcome_unknown", 1, null]);
    await simulator.openGate();
    const streamed = await complete(here, headers, { stream: true });
    assert.ok(streamed.text.startsWith(first.text()), "seen and not stored");
    assert.match(streamed.text, /data: \{"error":\{[^\n]*outcome_unknown[^\n]*\n\n$/);
    const whole = await complete(here, headers);
    assert.deepEqual([whole.status, whole.headers.get("x-should-retry")], [502, "false"]);
    assert.equal((await simulator.stats()).requests.openai_chat, 1);
    assert.equal(here.lines.filter((line) => line.includes('"action":"chat.complete"') && line.includes('"outcome":"unknown"')).length, 1);
    // The log has the row, and verifies.
    const { lines } = await here.audit();
    assert.ok(lines.some((line) => JSON.stringify(line).includes("outcome_unknown")));
  });
});

test("row 29: killed in mid-stream, an upstream that honours keys is asked again with the same key, and the call heals", async () => {
  await own({}, async (here, again) => {
    const headers = key();
    await simulator.fault({ kind: "gate", after_frames: 30 });
    const first = await begin(here, headers);
    await here.kill();
    await first.rest;
    await simulator.openGate();
    here = await again();
    const healed = await here.chat(request(), headers);
    assert.deepEqual(end(healed), [200, "done", undefined]);
    const { executions, max_executions_per_key: most } = await simulator.stats();
    assert.deepEqual([executions, most], [1, 1]);
    assert.match(healed.text, /^id: 1-1\n/, "it is another writing of the answer");
    const stale = await here.chat(request(), { ...headers, "last-event-id": "3" });
    assert.equal(stale.status, 412);
    assert.equal((await here.chat(request(), headers)).text, healed.text);
  });
});

for (const frames of [0, 1]) {
  test(`row 29: killed after dispatch, with ${frames} frames: no second dispatch`, async () => {
    await own(openai(), async (here, again) => {
      const headers = key();
      await simulator.fault(frames ? { kind: "stall", after_frames: 1 } : { kind: "hang", execute: true }, { on: "openai_chat" });
      const lost = complete(here, headers, { stream: true }).catch(() => "lost");
      await asked("openai_chat");
      await here.kill();
      await lost;
      here = await again();
      const answer = await complete(here, headers, { stream: true });
      assert.match(answer.text, /outcome_unknown/);
      assert.equal((await simulator.stats()).requests.openai_chat, 1);
      assert.equal((await here.rows(1)).filter(({ outcome }) => outcome === "unknown").length, 1);
    });
  });
}

test("rows 30, 32, 33: killed after the last byte, the answer is read from the disk; nothing is sent again", async () => {
  await own({}, async (here, again) => {
    const headers = key();
    const first = await here.chat(request(), headers);
    await here.rows(1);
    await here.kill();
    for (let restart = 0; restart < 2; restart++) {
      here = await again();
      const answer = await here.chat(request(), headers);
      assert.deepEqual([answer.text, replayed(answer)], [first.text, "true"]);
      await here.kill();
    }
    assert.equal((await simulator.stats()).executions, 1);
  });
});

if (!PRLIMIT) console.log("\u001b[1;33mSKIPPED\u001b[0m the full disk: there is no prlimit here");
test("row 31: on a full disk nothing is sent that is not stored, nobody is asked again, and the key says so", { skip: !PRLIMIT && "there is no prlimit here" }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "promptgate-full-"));
  const { UPSTREAM_CLIENT_ID, UPSTREAM_CLIENT_SECRET, ...vars } = openai();
  const settings = { SEAL_KEYS, CLIENT_KEYS: `acme:${digest(KEY)} acme:${digest(AUDITOR)}:audit`, ...vars };
  const headers = (key) => ({ authorization: `Bearer ${KEY}`, "content-type": "application/json", ...key });
  const ask = (here, key) => fetch(here.url + OPENAI, { method: "POST", headers: headers(key), body: JSON.stringify(completion({ stream: true })) });
  const told = (text) => text.split("\n").filter((line) => line.startsWith("data: {")).map((line) => JSON.parse(line.slice(6)));
  const said = (text) => told(text).map(({ choices }) => choices?.[0]?.delta.content ?? "").join("");
  let here = await startOnDisk(folder, settings);
  try {
    // In mid-stream.
    const running = key();
    await simulator.fault({ kind: "gate", after_frames: 30 }, { on: "openai_chat" });
    const response = await ask(here, running);
    assert.equal(response.status, 200, here.said());
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = (await reader.read()).value, ended = "in order";
    here.fill();
    await simulator.openGate();
    for (;;) {
      const { done, value } = await reader.read().catch(() => ({ done: (ended = "by a reset") }));
      if (done) break;
      text += value;
    }
    const saw = said(text);
    assert.ok(saw.length > 0);
    // The platform ends an object that cannot write, and with it the connection: no client takes that for an end.
    if (ended === "in order") assert.match(text, /data: \{"error":\{[^\n]*\n\n$/);
    assert.ok(!text.includes("[DONE]"));
    // Before anything is sent.
    const never = key();
    const refused = await ask(here, never);
    assert.deepEqual([refused.status, (await refused.json()).error?.code], [503, "storage_unavailable"], here.said());
    assert.equal((await simulator.stats()).requests.openai_chat, 1);
    here.empty();
    // What was seen is on the disk, also for the next process; the upstream is not asked again.
    for (const process of ["this one", "the next"]) {
      if (process === "the next") {
        await here.kill();
        here = await startOnDisk(folder, settings);
      }
      const again = await (await ask(here, running)).text();
      assert.ok(said(again).startsWith(saw), `${process}: seen and not stored`);
      assert.match(again, /data: \{"error":\{[^\n]*(outcome_unknown|storage_unavailable)[^\n]*\n\n$/, process);
    }
    assert.equal((await simulator.stats()).requests.openai_chat, 1);
    // The key that was refused is free.
    assert.match(await (await ask(here, never)).text(), /data: \[DONE\]/);
    assert.equal((await simulator.stats()).requests.openai_chat, 2);
  } finally {
    await here.kill();
    rmSync(folder, { recursive: true, force: true });
  }
});

test("what is kept is sealed; without its key it is gone, and with an older key it is not", async () => {
  const [one, two] = [ring("one"), ring("two")];
  await own({ SEAL_KEYS: one }, async (here, again, folder) => {
    const headers = key();
    const first = await here.chat(request(), headers);
    const words = content(first.events).match(/.{24}/gs);
    assert.ok(words.length > 3);
    await here.kill();
    const disk = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name)).toString("latin1"));
    const journal = disk.filter((text) => text.includes("v1:one:"));
    assert.ok(journal.length > 0, "something is kept");
    for (const text of disk) for (const word of [...words, "canary-prompt", "Where is my parcel", one.slice(4)]) assert.ok(!text.includes(word), word);
    here = await again({ SEAL_KEYS: `${two},${one}` });
    assert.equal((await here.chat(request(), headers)).text, first.text);
    const sealed = key();
    await here.chat(request(), sealed);
    await here.kill();
    here = await again({ SEAL_KEYS: two });
    const gone = await here.chat(request(), headers);
    assert.deepEqual([gone.status, JSON.parse(gone.text).code], [410, "answer_gone"]);
    assert.match(JSON.parse(gone.text).detail, /`one`/);
    assert.equal(replayed(await here.chat(request(), sealed)), "true");
    assert.equal((await simulator.stats()).executions, 2);
  });
});

test("without SEAL_KEYS nothing of an answer is on the disk, and a call happens once all the same", async () => {
  await own({ SEAL_KEYS: null }, async (here, again) => {
    const headers = key();
    const first = await here.chat(request(), headers);
    assert.equal((await here.chat(request(), headers)).text, first.text, "as long as the object lives");
    await here.kill();
    here = await again();
    const gone = await here.chat(request(), headers);
    assert.deepEqual([gone.status, JSON.parse(gone.text).code], [410, "answer_gone"]);
    assert.match(JSON.parse(gone.text).detail, /SEAL_KEYS/);
    assert.equal((await simulator.stats()).executions, 1);
  });
});

test("without the journal's object a request with a key is refused, others are not", async () => {
  const here = await startGateway(simulator, { SEAL_KEYS }, { without: "JOURNAL" });
  try {
    const answer = await here.chat(request(), key());
    assert.deepEqual([answer.status, JSON.parse(answer.text).code], [503, "storage_unavailable"]);
    assert.equal((await here.chat()).status, 200);
    assert.equal((await simulator.stats()).executions, 1);
  } finally {
    await here.stop();
  }
});

for (const [AUDIT_MODE, what] of [["strict", "told of before it is sent"], ["batched", "told of soon after"]]) {
  test(`a call without a key that dies with its process has its row: ${what} (AUDIT_MODE=${AUDIT_MODE})`, async () => {
    await own({ AUDIT_MODE, TOTAL_MS: "2000" }, async (here, again) => {
      await simulator.fault({ kind: "gate", after_frames: 30 });
      const first = await begin(here, {});
      // A batch waits a quarter of a second.
      if (AUDIT_MODE === "batched") await new Promise((resolve) => setTimeout(resolve, 1_000));
      await here.kill();
      await first.rest;
      here = await again();
      const [row] = await here.rows(1);
      assert.deepEqual([row.action, row.outcome, row.code, row.attempts, row.cost_usd, row.request_id],
        ["chat.complete", "unknown", "outcome_unknown", 1, null, first.response.headers["x-request-id"]]);
      // One that has ended has its own row alone.
      await simulator.reset();
      const done = await here.chat();
      const rows = (await here.rows(2)).filter(({ request_id }) => request_id === done.headers.get("x-request-id"));
      assert.deepEqual(rows.map(({ outcome }) => outcome), ["success"]);
    });
  });
}

test("AUDIT_MODE=strict: what cannot be told of is not sent", async () => {
  const here = await startGateway(simulator, { AUDIT_MODE: "strict", FALLBACK_TEXT: "" }, { without: "INTENTS" });
  try {
    const answer = await here.chat();
    assert.deepEqual([answer.status, JSON.parse(answer.text).code], [503, "storage_unavailable"]);
    assert.equal((await simulator.stats()).executions, 0);
  } finally {
    await here.stop();
  }
});
