// The official OpenAI SDKs with an Idempotency-Key of their user's, on a connection that breaks: the answer comes, and the
// model was asked once.
import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import net from "node:net";
import { after, before, beforeEach, test } from "node:test";
import { startSimulator } from "../support/simulator.mjs";
import { CLIENTS } from "./clients.mjs";
import { openai, startOpenaiGateway } from "./gateway.mjs";
import { ROWS } from "./table.mjs";

let simulator, gateway;
before(async () => {
  simulator = await startSimulator();
  gateway = await startOpenaiGateway({ ...openai(`${simulator.url}/v1`), SEAL_KEYS: `test:${randomBytes(32).toString("base64")}` });
});
beforeEach(() => simulator.reset());
after(async () => {
  for (const client of CLIENTS) await client.stop?.();
  await gateway?.stop();
  await simulator?.stop();
});

/** A way to the gateway that breaks the first connection once `bytes` of its answer have passed. */
async function breaking(bytes) {
  const to = new URL(gateway.url);
  let connections = 0;
  const server = net.createServer((client) => {
    const first = connections++ === 0;
    const upstream = net.connect(Number(to.port), to.hostname);
    for (const [one, other] of [[client, upstream], [upstream, client]]) one.on("error", () => other.destroy()).on("close", () => other.destroy());
    client.pipe(upstream);
    let passed = 0;
    upstream.on("data", (chunk) => {
      const room = first ? Math.max(0, bytes - passed) : chunk.length;
      passed += chunk.length;
      client.write(chunk.subarray(0, room));
      if (first && passed >= bytes) client.resetAndDestroy();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${server.address().port}/openai/v1`, connections: () => connections, stop: () => server.close() };
}

const [row] = ROWS;
for (const client of CLIENTS.filter(({ name }) => name.startsWith("openai-"))) {
  test(`${client.name}: the connection breaks before the answer; its own repetition gets it`, async () => {
    await simulator.fault({ kind: "answer", ...row.answer }, { on: "openai_chat" });
    const way = await breaking(1);
    const headers = { "Idempotency-Key": randomUUID() };
    const { usage, reasoning, ...done } = await client.whole({ ...gateway.target, url: way.url, retries: 2, headers }, row.request);
    way.stop();
    assert.deepEqual(done, row.expected);
    assert.ok(way.connections() > 1);
    assert.equal((await simulator.stats()).requests.openai_chat, 1);
  });

  test(`${client.name}: a stream breaks off; asked for again with the key, it comes whole`, async () => {
    await simulator.fault({ kind: "answer", ...row.answer }, { on: "openai_chat" });
    const way = await breaking(600);
    const target = { ...gateway.target, url: way.url, headers: { "Idempotency-Key": randomUUID() } };
    await assert.rejects(client.stream(target, row.request));
    const { usage, reasoning, ...done } = await client.stream(target, row.request);
    way.stop();
    assert.deepEqual(done, row.expected);
    assert.equal((await simulator.stats()).requests.openai_chat, 1);
  });
}
