// What the tests of keyed calls share: a gateway that keeps answers, keys, and gateways of a test's own with their objects
// in a folder.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBoth } from "./both.mjs";
import { KEY, events, request, startGateway } from "./gateway.mjs";

export const ring = (...names) => names.map((name) => `${name}:${randomBytes(32).toString("base64")}`).join(",");
export const SEAL_KEYS = ring("now");
export const { simulator, gateway } = await startBoth({ SEAL_KEYS });

let last = 0;
export const key = () => ({ "idempotency-key": `order-${++last}` });
export const JSON_ = { accept: "application/json" };
export const NDJSON = { accept: "application/x-ndjson" };
export const replayed = ({ headers }) => headers.get("idempotency-replayed");
export const end = ({ status, events }) => [status, events.at(-1)?.name, events.at(-1)?.data.code];
/** Does `work` with a gateway of its own, whose objects are in a folder: `work(here, again)`; `again(vars)` starts it anew. */
export async function own(vars, work) {
  const persist = mkdtempSync(join(tmpdir(), "promptgate-keyed-"));
  const all = { SEAL_KEYS, ...vars };
  let here = await startGateway(simulator, all, { persist });
  try {
    await work(here, async (change = {}) => (here = await startGateway(simulator, { ...all, ...change }, { persist })), persist);
  } finally {
    await here.stop().catch(() => {});
    rmSync(persist, { recursive: true, force: true });
  }
}
/** A stream that has begun: `{ response, text(), rest }`. */
export async function begin(here, headers, body = request(), path = "/v1/chat") {
  const outgoing = await here.open(body, headers, undefined, path);
  const [response] = await once(outgoing, "response");
  response.setEncoding("utf8");
  let text = "";
  const first = once(response, "data");
  response.on("data", (chunk) => { text += chunk; });
  response.on("error", () => {});
  await first;
  return { outgoing, response, text: () => text, rest: once(response, "end").then(() => text, () => text) };
}
/** Waits until the simulator has been asked at this endpoint. */
export async function asked(endpoint) {
  for (const limit = AbortSignal.timeout(10_000); !(await simulator.stats()).requests[endpoint];) {
    limit.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
/** An upstream that takes no key for what it is. */
export const openai = () => ({
  UPSTREAMS: JSON.stringify([{ name: "openai", wire: "openai", url: `${simulator.url}/v1`, credential: { secret: "OPENAI_API_KEY" } }]),
  MODELS: JSON.stringify([{ name: "*", targets: [{ upstream: "openai", model: "support-small" }] }]),
  OPENAI_API_KEY: "dev-key", UPSTREAM_CLIENT_ID: null, UPSTREAM_CLIENT_SECRET: null,
});
export const completion = (changes = {}) => ({ model: "support-small", messages: [{ role: "user", content: "Where is my parcel?" }], ...changes });
export const OPENAI = "/openai/v1/chat/completions";
export async function complete(here, headers, changes) {
  const response = await fetch(here.url + OPENAI, {
    method: "POST", headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json", ...headers },
    body: JSON.stringify(completion(changes)),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}
