// The built Worker in real workerd, with its log caught, and a client for it.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import http from "node:http";
import { fileURLToPath } from "node:url";
import { Miniflare, convertV4MiniflareOptions } from "miniflare";
import { description } from "./openapi.mjs";

const BUILD = fileURLToPath(new URL("../../worker/build", import.meta.url));
export const KEY = "pg_test_0123456789";
/** A key that may also manage. */
export const MANAGER = "pg_test_manager_0123456789";
/** A key that may also read the audit log. */
export const AUDITOR = "pg_test_auditor_0123456789";
/** A key that may do everything, for every tenant; its own is another. */
export const ADMIN = "pg_test_admin_0123456789";
/** A key of another tenant. */
export const OTHER = "pg_test_other_0123456789";
export const digest = (key) => createHash("sha256").update(key).digest("hex");

// What is tested runs as what is deployed does.
const wrangler = readFileSync(new URL("../../wrangler.toml", import.meta.url), "utf8");
const setting = (name) => JSON.parse(new RegExp(`^${name} = (.*)$`, "m").exec(wrangler)[1]);
export const compatibility = { date: setting("compatibility_date"), flags: setting("compatibility_flags") };

// Every Durable Object that is deployed, by its binding.
const objects = [...wrangler.matchAll(/^name = "([A-Z_]+)"\nclass_name = "(\w+)"$/gm)];
const durableObjects = Object.fromEntries(objects.map(([, name, className]) => [name, { className, useSQLite: true }]));

/**
 * Starts a gateway whose upstream is `simulator`; `vars` override its settings, null removes one. What it stores is
 * kept in the directory `persist`, if one is given. With `page` it serves the built page too. It has no objects of the
 * binding `without`. One that is `inspected` can be looked into.
 */
export async function startGateway(simulator, vars = {}, { persist, page, without, inspected } = {}) {
  if (!existsSync(`${BUILD}/index.js`)) throw new Error("worker/build is missing: npm run build");
  const bindings = {
    CLIENT_KEYS: `acme:${digest(KEY)} acme:${digest(MANAGER)}:manage acme:${digest(AUDITOR)}:audit globex:${digest(OTHER)} platform:${digest(ADMIN)}:admin`,
    UPSTREAM_CLIENT_ID: "dev-client",
    UPSTREAM_CLIENT_SECRET: "dev-secret",
    UPSTREAM_API_URL: simulator?.url,
    UPSTREAM_LOGIN_URL: simulator?.url,
    ...vars,
  };
  for (const [name, value] of Object.entries(bindings)) if (value == null) delete bindings[name];
  const lines = [];
  const others = children();
  const logged = new EventEmitter();
  const miniflare = new Miniflare(convertV4MiniflareOptions({
    modulesRoot: BUILD,
    modules: [
      { type: "ESModule", path: `${BUILD}/index.js` },
      { type: "CompiledWasm", path: `${BUILD}/index_bg.wasm` },
    ],
    compatibilityDate: compatibility.date,
    compatibilityFlags: compatibility.flags,
    bindings,
    durableObjects: Object.fromEntries(Object.entries(durableObjects).filter(([name]) => name !== without)),
    kvNamespaces: ["TEMPLATES"],
    ...(persist && { resourcePersistencePath: persist }),
    ...(inspected && { inspectorPort: 0 }),
    ...(page && {
      assets: {
        directory: fileURLToPath(new URL("../../www/dist", import.meta.url)),
        run_worker_first: setting("run_worker_first"),
        routerConfig: { has_user_worker: true },
      },
    }),
    port: 0,
    cf: false,
    handleStructuredLogs: ({ message }) => {
      lines.push(message);
      logged.emit("line");
    },
  }));
  const url = String(await miniflare.ready).replace(/\/$/, "");
  // Every answer of a test fits the gateway's description of it.
  let document;
  const described = async (method, path, { status, headers }, body) => {
    document ??= fetch(`${url}/v1/openapi.json`).then(async (response) => description(await response.json()));
    (await document).answer(method, path, { status, headers, body });
  };
  /** Looks at each line of the log until what is `seen` is enough; says what there was where it takes too long. */
  const until = async (what, seen, enough) => {
    const limit = AbortSignal.timeout(20_000);
    for (;;) {
      const now = seen();
      if (enough(now)) return now;
      await once(logged, "line", { signal: limit }).catch(() => {
        throw new Error(`Waited 20 s for ${what}. The last of ${now.length}: ${JSON.stringify(now.at(-1))}. The log's last lines:\n${lines.slice(-5).join("\n")}`);
      });
    }
  };
  const gateway = {
    url,
    /** Every line of the log so far, as text. */
    lines,
    /** The audit rows whose action matches (default: calls for an answer of a model), once there are `count` of them. */
    rows(count = 1, action = /^(chat|embeddings|template\.execute)/) {
      return until(`${count} audit rows`, () => {
        const all = lines.filter((line) => line.includes('"event":"audit"')).map((line) => JSON.parse(line));
        return all.filter((row) => action.test(row.action));
      }, (rows) => rows.length >= count);
    },
    post: (body, headers = {}) => fetch(`${url}/v1/chat`, {
      method: "POST",
      headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json", ...headers },
      body: typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body),
    }),
    /** The whole answer in one format: `{ status, headers, text, events }`. */
    async chat(body = request(), headers = {}) {
      const response = await gateway.post(body, headers);
      const text = await response.text();
      const type = response.headers.get("content-type") ?? "";
      await described("POST", "/v1/chat", response, /^application\/(problem\+)?json/.test(type) ? JSON.parse(text) : text);
      return { status: response.status, headers: response.headers, text, events: events(text, response.headers) };
    },
    /** A request by hand: `{ request, response }`; nothing is read before the caller does. */
    async open(body = request(), headers = {}, agent = undefined, path = "/v1/chat") {
      const text = JSON.stringify(body);
      const outgoing = http.request(url + path, {
        method: "POST", agent,
        headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json", "content-length": Buffer.byteLength(text), ...headers },
      });
      outgoing.on("error", () => {});
      outgoing.end(text);
      return outgoing;
    },
    /** Any request, with the key that manages: `{ status, headers, body }`, the body parsed where it is JSON. */
    async ask(method, path, body, headers = {}) {
      const response = await fetch(url + path, {
        method,
        headers: {
          authorization: `Bearer ${MANAGER}`,
          ...(body !== undefined && { "content-type": "application/json" }),
          ...headers,
        },
        body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
      });
      const text = await response.text();
      const json = /json/.test(response.headers.get("content-type") ?? "") && !/ndjson/.test(response.headers.get("content-type"));
      const answer = { status: response.status, headers: response.headers, body: json && text ? JSON.parse(text) : text };
      await described(method, path, response, answer.body);
      return answer;
    },
    /** The lines of the log with this `event`, as objects, once there are `count` of them. */
    logged(event, count = 1) {
      return until(`${count} lines of ${event}`, () => lines.filter((line) => line.includes(`"event":"${event}"`)).map((line) => JSON.parse(line)),
        (rows) => rows.length >= count);
    },
    /** Waits until the audit log has `count` rows. */
    async audited(count) {
      const heads = () => lines.filter((line) => line.includes(`"event":"audit_head"`)).map((line) => JSON.parse(line).sequence);
      await until(`the audit log to have ${count} rows`, heads, (heads) => Math.max(0, ...heads) >= count);
    },
    /** The audit log as it is exported: `{ status, headers, lines, problem }`. */
    async audit(query = "", key = AUDITOR) {
      const response = await fetch(`${url}/v1/audit${query}`, { headers: { authorization: `Bearer ${key}` } });
      const text = await response.text();
      const lines = response.ok ? text.split("\n").filter(Boolean).map((line) => JSON.parse(line)) : undefined;
      return { status: response.status, headers: response.headers, text, lines, problem: response.ok ? undefined : JSON.parse(text) };
    },
    /** The copies of templates at the edge. */
    copies: () => miniflare.getKVNamespace("TEMPLATES"),
    /** Where the Worker's inspector is. */
    inspector: async () => new URL("./core:user:", await miniflare.getInspectorURL()),
    stop: () => miniflare.dispose(),
    /** Ends workerd as a crash would, by SIGKILL. */
    async kill() {
      for (const pid of children()) if (!others.includes(pid)) process.kill(Number(pid), "SIGKILL");
      await miniflare.dispose().catch(() => {});
    },
  };
  return gateway;
}

/** The processes that this one has started and that run. */
function children() {
  const table = execFileSync("ps", ["-A", "-o", "pid=,ppid=,comm="], { encoding: "utf8" });
  const rows = table.trim().split("\n").map((row) => row.trim().split(/\s+/));
  return rows.filter(([, parent, name]) => Number(parent) === process.pid && name.startsWith("workerd")).map(([pid]) => pid);
}

/** A valid request; `changes` replace members. */
export function request(changes = {}) {
  return {
    systemInstructions: ["You help customers of an online shop. Be brief."],
    context: [
      { role: "agent", content: "Hello, how can I help?" },
      { role: "user", content: "Where is my parcel? canary-prompt" },
    ],
    temperature: 0.3,
    maxTokens: 256,
    modelId: "support-small",
    ...changes,
  };
}

/** The events of an answer, as `{ name, data }`. */
export function events(text, headers) {
  const type = headers.get("content-type") ?? "";
  if (type.startsWith("text/event-stream")) {
    return text.split("\n\n").filter(Boolean).map((block) => {
      const [, name, data] = /^(?:id: [\d-]+\n)?event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
      return { name, data: JSON.parse(data) };
    });
  }
  const lines = text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  if (type.startsWith("application/x-ndjson")) return lines.map(({ type, ...data }) => ({ name: type, data: data.error ?? data }));
  return lines.map((data) => ({ name: "done", data }));
}

/** The text of the answer. */
export const content = (events) => events.map(({ data }) => data.content ?? "").join("");
