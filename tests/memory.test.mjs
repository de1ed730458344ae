// What a request leaves behind: nothing, in the heap of JavaScript. Its memory is counted by the inspector's snapshots.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { startBoth } from "./support/both.mjs";
import { request } from "./support/gateway.mjs";

// Node.js 20 has no WebSocket of its own.
const { WebSocket } = createRequire(createRequire(import.meta.url).resolve("miniflare"))("undici");

const { simulator, gateway } = await startBoth({}, { fresh: false, inspected: true });

/** How many closures the isolate holds, garbage aside: a snapshot collects it. */
async function closures() {
  const socket = new WebSocket(await gateway.inspector());
  await new Promise((open, fail) => Object.assign(socket, { onopen: open, onerror: fail }));
  let text = "";
  await new Promise((done) => {
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.method === "HeapProfiler.addHeapSnapshotChunk") text += message.params.chunk;
      if (message.id === 1) done();
    };
    socket.send(JSON.stringify({ id: 1, method: "HeapProfiler.takeHeapSnapshot", params: { reportProgress: false } }));
  });
  socket.close();
  const { snapshot: { meta }, nodes } = JSON.parse(text);
  const kind = meta.node_types[0].indexOf("closure");
  return nodes.filter((value, at) => at % meta.node_fields.length === 0 && value === kind).length;
}

test("requests that have ended hold no closures", { timeout: 120_000 }, async () => {
  const many = async (count) => {
    for (let at = 0; at < count; at += 20) {
      await Promise.all(Array.from({ length: 20 }, async (_, number) => {
        const accept = number % 2 === 0 ? "application/json" : "text/event-stream";
        assert.equal((await gateway.chat(request(), { accept })).status, 200);
      }));
    }
  };
  await many(100);
  const before = await closures();
  await many(400);
  const held = await closures() - before;
  // What the last batch is still doing, at most: one that waits for a client to leave had four for each request.
  assert.ok(held < 200, `${held} closures more after 400 requests`);
});
