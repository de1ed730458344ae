// How soon it is noticed that a client has left before the first content, by a reset and by a normal close (FIN), in raw
// workerd: upstream hangs, the client leaves, and upstream counts the connections that are still held.
import net from "node:net";
import { digest, startSimulator, startWorkerd } from "./workerd.mjs";
const soon = (ms) => new Promise((r) => setTimeout(r, ms));
const simulator = await startSimulator();
const gateway = await startWorkerd({ CLIENT_KEYS: `a:${digest("ka")}`, UPSTREAM_CLIENT_ID: "dev-client", UPSTREAM_CLIENT_SECRET: "dev-secret", UPSTREAM_API_URL: simulator.url, UPSTREAM_LOGIN_URL: simulator.url, MAX_LATENCY_MS: "20000", TOTAL_MS: "20000" });
const { hostname, port } = new URL(gateway.url);
const control = async (path, body) => (await fetch(`${simulator.url}/_simulator/${path}`, body === undefined ? {} : { method: "POST", body: JSON.stringify(body) })).text();
for (const [accept, how] of [["application/json", "fin"], ["application/json", "reset"], ["text/event-stream", "fin"], ["text/event-stream", "reset"]]) {
  await control("reset", {});
  await control("faults", [{ on: "chat", times: 1, fault: { kind: "hang" } }]);
  const body = JSON.stringify({ systemInstructions: [], context: [{ role: "user", content: "Where?" }], temperature: 0, maxTokens: 40, modelId: "support-small" });
  const client = net.connect(Number(port), hostname).on("error", () => {});
  client.write(`POST /v1/chat HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ka\r\nAccept: ${accept}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  await control("wait?held=1&timeout_ms=8000");
  const began = Date.now();
  if (how === "fin") client.destroy();
  else client.resetAndDestroy();
  let noticed = "not within 6 s";
  while (Date.now() - began < 6000) {
    if (JSON.parse(await control("stats")).held === 0) {
      noticed = `after ${Date.now() - began} ms`;
      break;
    }
    await soon(50);
  }
  console.log(`${accept}, ${how}: noticed ${noticed}`);
}
await gateway.stop(); simulator.stop(); process.exit(0);
