// The fault matrix (rows 1–22 and 40 of the requirements): the simulator's faults, seen from the client.
// Every test has a gateway of its own: breaker, throttle and token live in it.
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { once } from "node:events";
import { after, before, beforeEach, test } from "node:test";
import { content, request, startGateway } from "./support/gateway.mjs";
import { startSimulator } from "./support/simulator.mjs";

let simulator;
before(async () => { simulator = await startSimulator(); });
after(async () => { await simulator?.stop(); });
beforeEach(() => simulator.reset());

/** Runs `body` with a fresh gateway of short deadlines. */
async function gatewayOf(vars, body) {
  const gateway = await startGateway(simulator, { MAX_LATENCY_MS: "3000", ...vars });
  try {
    await body(gateway);
    const text = gateway.lines.join("\n");
    assert.ok(!text.includes("canary-prompt") && !text.includes("dev-secret"), "nothing leaks into the log");
  } finally {
    await gateway.stop();
  }
}

const chats = async () => (await simulator.requests()).filter((seen) => seen.endpoint === "chat");

/** The end of an answer, short: HTTP status, last event, and its status or code. */
const end = (answer) => {
  const last = answer.events.at(-1);
  return [answer.status, last.name, last.data.code ?? last.data.status];
};

async function closedPort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return `http://127.0.0.1:${port}`;
}

const FALLBACK = [200, "done", "fallback"];
const SUCCESS = [200, "done", "success"];

test("row 1: connection refused: retried, then the fallback", async () =>
  gatewayOf({ UPSTREAM_API_URL: await closedPort() }, async (gateway) => {
    const answer = await gateway.chat();
    assert.deepEqual(end(answer), FALLBACK);
    assert.equal(answer.events.at(-1).data.reason, "upstream_unavailable");
    const [row] = await gateway.rows();
    assert.deepEqual([row.outcome, row.attempts], ["fallback", 3]);
  }));

test("row 2: a host that is unknown: as row 1", () =>
  gatewayOf({ UPSTREAM_API_URL: "https://no-such-host.invalid" }, async (gateway) => {
    assert.deepEqual(end(await gateway.chat()), FALLBACK);
    assert.equal((await gateway.rows())[0].attempts, 3);
  }));

test("row 3: accepts and never answers: the fallback at the first-content deadline, upstream aborted", () =>
  gatewayOf({ MAX_LATENCY_MS: "300", FALLBACK_TEXT: "Bitte später." }, async (gateway) => {
    await simulator.fault({ kind: "hang" });
    const answer = await gateway.chat();
    assert.deepEqual(end(answer), FALLBACK);
    assert.equal(answer.events.at(-1).data.reason, "first_content_deadline");
    assert.equal(content(answer.events), "Bitte später.");
    assert.equal((await gateway.rows())[0].cost_usd, null, "unknown");
    await simulator.wait({ held: 0 }, 1000);
  }));

test("row 3: headers alone do not stop the clock", () =>
  gatewayOf({ MAX_LATENCY_MS: "300" }, async (gateway) => {
    await simulator.fault({ kind: "gate", after_frames: 0 });
    assert.deepEqual(end(await gateway.chat()), FALLBACK);
    await simulator.wait({ aborted: 1 }, 1000);
  }));

test("row 3: without a fallback text, a problem", () =>
  gatewayOf({ MAX_LATENCY_MS: "300", FALLBACK_TEXT: "" }, async (gateway) => {
    await simulator.fault({ kind: "hang" });
    const answer = await gateway.chat();
    assert.deepEqual([answer.status, JSON.parse(answer.text).code], [504, "first_content_deadline"]);
  }));

for (const execute of [false, true]) {
  test(`row 4: reset before headers (${execute ? "after" : "before"} upstream acted): repeated with the same key`, () =>
    gatewayOf({}, async (gateway) => {
      await simulator.fault({ kind: "reset_before_headers", execute });
      assert.deepEqual(end(await gateway.chat()), SUCCESS);
      const seen = await chats();
      assert.equal(seen.length, 2);
      assert.equal(new Set(seen.map(({ headers }) => headers["idempotency-key"])).size, 1);
      const stats = await simulator.stats();
      assert.equal(stats.max_executions_per_key, 1);
      assert.equal(stats.executions, 1);
    }));
}

for (const how of ["reset", "close"]) {
  test(`row 5: ${how} mid-stream: the prefix, then an error event`, () =>
    gatewayOf({}, async (gateway) => {
      await simulator.fault({ kind: "reset_mid_stream", after_frames: 3, how });
      const answer = await gateway.chat();
      assert.deepEqual(end(answer), [200, "error", "upstream_truncated"]);
      assert.ok(content(answer.events.slice(0, -1)).length > 0);
      assert.equal((await gateway.rows())[0].outcome, "truncated");
      assert.equal((await chats()).length, 1, "not repeated after content");
    }));
}

test("row 6: a clean end without the terminal frame is truncated, never success", () =>
  gatewayOf({}, async (gateway) => {
    await simulator.fault({ kind: "no_terminal" }, { times: 2 });
    assert.deepEqual(end(await gateway.chat()), [200, "error", "upstream_truncated"]);
    const whole = await gateway.chat(request(), { accept: "application/json" });
    assert.deepEqual([whole.status, JSON.parse(whole.text).code], [502, "upstream_truncated"]);
  }));

test("row 7: a stall between frames: the idle deadline, an error event", () =>
  gatewayOf({ IDLE_MS: "300" }, async (gateway) => {
    await simulator.fault({ kind: "stall", after_frames: 2 });
    const answer = await gateway.chat();
    assert.deepEqual(end(answer), [200, "error", "idle_deadline"]);
    await simulator.wait({ aborted: 1 }, 1000);
  }));

test("rows 8 and 9: however the bytes are cut and dressed, the same answer", () =>
  gatewayOf({}, async (gateway) => {
    const plain = content((await gateway.chat()).events);
    for (const fault of [
      { kind: "one_byte_chunks" },
      { kind: "split_utf8" },
      [{ kind: "bom" }, { kind: "crlf" }, { kind: "blank_lines" }, { kind: "one_byte_chunks" }],
      [{ kind: "crlf" }, { kind: "no_final_newline" }, { kind: "split_utf8" }],
    ]) {
      await simulator.fault(fault);
      const answer = await gateway.chat();
      assert.deepEqual(end(answer), SUCCESS, JSON.stringify(fault));
      assert.equal(content(answer.events), plain, JSON.stringify(fault));
      assert.equal(answer.events.at(-1).data.malformed_frames, 0);
    }
    assert.match(plain, /[^\x00-\x7f]/, "characters of several bytes were among them");
  }));

test("row 10: bad frames are passed over and counted; nothing but bad ones is an error", () =>
  gatewayOf({}, async (gateway) => {
    const plain = content((await gateway.chat()).events);
    for (const kind of ["malformed_frames", "invalid_utf8"]) {
      await simulator.fault({ kind, count: 2 });
      const answer = await gateway.chat();
      assert.deepEqual(end(answer), SUCCESS);
      assert.equal(content(answer.events), plain);
      assert.equal(answer.events.at(-1).data.malformed_frames, 2);
    }
    await simulator.fault({ kind: "malformed_frames", all: true });
    const answer = await gateway.chat();
    assert.deepEqual([answer.status, JSON.parse(answer.text).code], [502, "upstream_malformed"]);
  }));

test("row 11: a line of 2 MB is passed over, one of 100 MB ends at the cap", () =>
  gatewayOf({}, async (gateway) => {
    await simulator.fault({ kind: "oversized_line", bytes: 2_000_000 });
    const answer = await gateway.chat();
    assert.deepEqual(end(answer), SUCCESS);
    assert.equal(answer.events.at(-1).data.malformed_frames, 1);
    await simulator.fault({ kind: "oversized_line", bytes: 100_000_000 });
    assert.deepEqual(end(await gateway.chat()), [200, "error", "answer_too_long"]);
    await simulator.wait({ aborted: 1 }, 2000);
    assert.ok((await simulator.stats()).bytes_sent < 50_000_000);
  }));

test("row 12: an endless stream ends at the total deadline, or at the cap", () =>
  gatewayOf({ TOTAL_MS: "1500" }, async (gateway) => {
    await simulator.fault({ kind: "endless", interval_ms: 50 });
    assert.deepEqual(end(await gateway.chat()), [200, "error", "total_deadline"]);
    await simulator.fault({ kind: "flood", megabytes: 16 });
    const [, name, code] = end(await gateway.chat());
    assert.equal(name, "error");
    assert.ok(["answer_too_long", "total_deadline"].includes(code), code);
    await simulator.wait({ aborted: 2 }, 2000);
  }));

test("row 13: 200 with HTML is a 502", () =>
  gatewayOf({}, async (gateway) => {
    await simulator.fault({ kind: "html" });
    const answer = await gateway.chat();
    assert.deepEqual([answer.status, JSON.parse(answer.text).code], [502, "upstream_malformed"]);
    assert.ok(!answer.text.includes("<"));
  }));

test("row 14: a redirect is refused and nobody follows it with the token", () =>
  gatewayOf({}, async (gateway) => {
    for (const status of [301, 302, 307, 308]) {
      await simulator.fault({ kind: "redirect", status });
      const answer = await gateway.chat();
      assert.deepEqual([answer.status, JSON.parse(answer.text).code], [502, "upstream_malformed"]);
    }
    assert.equal((await simulator.stats()).redirect_target, 0);
  }));

for (const [name, fault] of [
  ["seconds", { retry_after: "1" }],
  ["a date", { retry_after_date_in_s: 2 }],
]) {
  test(`row 15: 429 with Retry-After as ${name}: waits at least that long`, () =>
    gatewayOf({ MAX_LATENCY_MS: "8000" }, async (gateway) => {
      await gateway.chat();
      await simulator.fault({ kind: "status", status: 429, ...fault });
      const answer = await gateway.chat();
      assert.deepEqual(end(answer), SUCCESS);
      // A date has whole seconds: two seconds ahead are more than one away.
      assert.ok(answer.events.at(-1).data.latency_ms >= 1000, "a lower bound, kept");
      assert.equal((await chats()).length, 3);
    }));
}

test("row 16: 429 that asks for hours fails now and says so; garbage is a jitter", () =>
  gatewayOf({}, async (gateway) => {
    await simulator.fault({ kind: "status", status: 429, retry_after: "21600" });
    const answer = await gateway.chat();
    assert.deepEqual([answer.status, JSON.parse(answer.text).code], [429, "upstream_rate_limited"]);
    assert.equal(answer.headers.get("retry-after"), "21600");
    assert.ok(JSON.parse(answer.text).upstream_correlation_id);
    await simulator.fault({ kind: "status", status: 429, retry_after: "99999999999999999999999" });
    assert.equal((await gateway.chat()).headers.get("retry-after"), "86400");
    await simulator.fault({ kind: "status", status: 429, retry_after: "next tuesday" });
    assert.deepEqual(end(await gateway.chat()), SUCCESS);
  }));

test("row 17: 500 is never repeated; 502 and 504 are, with the same key; 503 only if it says when", () =>
  gatewayOf({}, async (gateway) => {
    await simulator.fault({ kind: "status", status: 500 });
    const failed = await gateway.chat();
    assert.deepEqual([failed.status, JSON.parse(failed.text).code], [502, "upstream_error"]);
    assert.equal((await chats()).length, 1);
    for (const fault of [{ status: 502, execute: true }, { status: 504 }, { status: 503, retry_after: "0" }]) {
      await simulator.fault({ kind: "status", ...fault });
      assert.deepEqual(end(await gateway.chat()), SUCCESS, JSON.stringify(fault));
    }
    assert.equal((await chats()).length, 7);
    assert.equal((await simulator.stats()).max_executions_per_key, 1);
    await simulator.fault({ kind: "status", status: 503, body: "html" });
    assert.deepEqual(end(await gateway.chat()), FALLBACK);
    assert.equal((await chats()).length, 8);
  }));

test("U3, row 17: bodies of errors are never copied, however large", () =>
  gatewayOf({}, async (gateway) => {
    for (const fault of [{ status: 400, body: "huge" }, { status: 400, message: "canary-upstream" }, { status: 418 }]) {
      await simulator.fault({ kind: "status", ...fault });
      const answer = await gateway.chat();
      assert.deepEqual([answer.status, JSON.parse(answer.text).code], [400, "upstream_rejected"], JSON.stringify(fault));
      assert.ok(answer.text.length < 2000 && !answer.text.includes("canary-upstream"));
    }
  }));

test("U5: 403 names the scope that is missing", () =>
  gatewayOf({}, async (gateway) => {
    await simulator.fault({ kind: "status", status: 403 });
    const answer = await gateway.chat();
    assert.equal(answer.status, 403);
    assert.match(JSON.parse(answer.text).detail, /ai:llm-gateway:write/);
  }));

test("row 18: a burst of 5xx opens the breaker; one probe closes it", () =>
  gatewayOf({ FALLBACK_TEXT: "" }, async (gateway) => {
    await simulator.fault({ kind: "status", status: 500 }, { times: 5 });
    for (let call = 0; call < 5; call++) await gateway.chat();
    const refused = await gateway.chat();
    assert.deepEqual([refused.status, JSON.parse(refused.text).code], [503, "upstream_unavailable"]);
    const wait = Number(refused.headers.get("retry-after"));
    assert.ok(wait >= 1 && wait <= 10, `${wait} s`);
    assert.equal((await chats()).length, 5, "an open breaker sends nothing");
    // The one wait of these tests on the clock: the breaker's own ten seconds.
    await new Promise((resolve) => setTimeout(resolve, wait * 1000));
    await simulator.fault({ kind: "gate", before: "headers" });
    const probe = gateway.chat();
    await simulator.wait({ held: 1 });
    const others = await Promise.all([gateway.chat(), gateway.chat()]);
    assert.deepEqual(others.map(({ status }) => status), [503, 503], "while one probes the others wait outside");
    await simulator.openGate();
    assert.deepEqual(end(await probe), SUCCESS);
    assert.deepEqual(end(await gateway.chat()), SUCCESS);
    assert.equal((await chats()).length, 7);
  }));

test("row 19: a hundred clients while upstream fails make at most 110 attempts", () =>
  gatewayOf({}, async (gateway) => {
    await simulator.fault({ kind: "status", status: 502 }, { times: null });
    await Promise.all(Array.from({ length: 100 }, () => gateway.chat()));
    const { length } = await chats();
    assert.ok(length <= 110, `${length} attempts`);
  }));

test("row 20: a token that dies is replaced once for all, and each call replayed once", () =>
  gatewayOf({}, async (gateway) => {
    await gateway.chat();
    await simulator.expireTokens();
    const answers = await Promise.all(Array.from({ length: 10 }, () => gateway.chat()));
    for (const answer of answers) assert.deepEqual(end(answer), SUCCESS);
    const stats = await simulator.stats();
    assert.equal(stats.token, 2);
    assert.equal(stats.executions, 11);
    assert.ok(stats.chat <= 1 + 20, `${stats.chat} calls`);
  }));

test("row 20: a token that is refused again and again ends in an error, not in a loop", () =>
  gatewayOf({}, async (gateway) => {
    await simulator.fault({ kind: "status", status: 401 }, { times: null });
    const answer = await gateway.chat();
    assert.deepEqual([answer.status, JSON.parse(answer.text).code], [502, "upstream_unauthorized"]);
    assert.deepEqual([(await chats()).length, (await simulator.stats()).token], [2, 2]);
  }));

for (const fault of [
  { kind: "status", status: 401 },
  { kind: "status", status: 500 },
  { kind: "hang" },
  { kind: "html" },
  { kind: "malformed" },
  { kind: "no_access_token" },
  { kind: "empty" },
  { kind: "expires_in", value: -5 },
  { kind: "expires_in", value: "soon" },
  { kind: "redirect", status: 307 },
  { kind: "reset_before_headers" },
]) {
  const name = [fault.kind, fault.status ?? fault.value].filter((part) => part !== undefined).join(" ");
  // What will not pass by itself is no 503 (requirements, U5).
  const expected = [400, 401, 403].includes(fault.status) ? [502, "token_refused"] : [503, "token_unavailable"];
  test(`row 21: token endpoint: ${name}: one attempt for all, ${expected.join(" ")}, no loop`, () =>
    gatewayOf({ MAX_LATENCY_MS: "800" }, async (gateway) => {
      await simulator.fault(fault, { on: "token", times: null });
      const answers = await Promise.all(Array.from({ length: 10 }, () => gateway.chat()));
      for (const answer of answers) {
        assert.deepEqual([answer.status, JSON.parse(answer.text).code], expected);
      }
      const stats = await simulator.stats();
      assert.equal(stats.token, 1, "single flight");
      assert.equal(stats.chat + stats.redirect_target, 0);
    }));
}

test("row 21: single flight when all is well", () =>
  gatewayOf({}, async (gateway) => {
    await simulator.fault({ kind: "delay", ms: 100 }, { on: "token" });
    const answers = await Promise.all(Array.from({ length: 20 }, () => gateway.chat()));
    for (const answer of answers) assert.deepEqual(end(answer), SUCCESS);
    assert.equal((await simulator.stats()).token, 1);
  }));

for (const seconds of [-600, 600]) {
  test(`row 22: a clock that is ${seconds} s off on upstream's side`, () =>
    gatewayOf({ MAX_LATENCY_MS: "8000" }, async (gateway) => {
      const skew = { kind: "date_skew", seconds };
      await simulator.fault(skew, { on: "token" });
      await simulator.fault([{ kind: "status", status: 429, retry_after_date_in_s: 2 }, skew]);
      await simulator.fault(skew, { times: null });
      const answer = await gateway.chat();
      assert.deepEqual(end(answer), SUCCESS);
      const latency = answer.events.at(-1).data.latency_ms;
      assert.ok(latency >= 1000 && latency < 8000, `${latency} ms: measured from upstream's own date`);
      await gateway.chat();
      assert.equal((await simulator.stats()).token, 1, "the token holds");
    }));
}

test("row 40: an error inside a 200 stream is an error event, not success", () =>
  gatewayOf({}, async (gateway) => {
    await simulator.fault({ kind: "error_frame", after_frames: 2, message: "canary-upstream" });
    const answer = await gateway.chat();
    assert.deepEqual(end(answer), [200, "error", "upstream_error"]);
    assert.ok(!answer.text.includes("canary-upstream"));
    await simulator.fault({ kind: "error_frame", after_frames: 0 });
    const early = await gateway.chat();
    assert.deepEqual([early.status, JSON.parse(early.text).code], [502, "upstream_error"]);
  }));
