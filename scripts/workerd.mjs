// The configuration of raw workerd, as text: the Worker, its Durable Objects on disk, and its settings.

/** Every setting of the gateway, as docs/settings.md, docs/upstreams.md and docs/webhooks.md describe them. */
export const SETTINGS = [
  "AUDIT_CHECKPOINT", "AUDIT_KEEP", "AUDIT_MODE", "AUDIT_OBJECT_ROWS", "AUDIT_SIGNING_KEY", "CLIENT_KEYS", "COMPLIANCE_FRAMEWORK",
  "CONTEXT_RATIO", "CONTEXT_WINDOW", "CORS_ORIGINS", "ENVIRONMENT", "FALLBACK_TEXT", "GUARD_INPUT",
  "GUARD_MONITOR_INPUT", "GUARD_MONITOR_OUTPUT", "GUARD_OUTPUT", "GUARD_POLICIES", "IDEMPOTENCY_TTL", "IDLE_MS",
  "MAX_LATENCY_MS", "MODELS", "MODEL_POLLS", "MODEL_POLL_CAP_MS", "MODEL_POLL_MS", "MODEL_RATES", "OPENAI_MAX_BODY",
  "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_SERVICE_NAME", "OTEL_TRACES_SAMPLER_ARG",
  "SEAL_KEYS", "TEMPLATE_TTL", "TENANT_LIMITS", "TOKEN_COUNT", "TOTAL_MS", "UPSTREAMS", "UPSTREAM_API_URL", "UPSTREAM_CLIENT_ID",
  "UPSTREAM_CLIENT_SECRET", "UPSTREAM_LOGIN_URL", "UPSTREAM_PER_MINUTE", "UPSTREAM_REGION", "UPSTREAM_SCOPE",
  "WEBHOOKS", "WEBHOOK_PRIVATE", "WEBHOOK_RETRY_MS", "WEBHOOK_SECRET", "WEBHOOK_URL",
];

/** The names of secrets in `UPSTREAMS` or `WEBHOOKS`; none where it is not JSON, which the gateway reports. */
export function secretsOf(text) {
  try {
    return [JSON.parse(text ?? "[]")].flat().flatMap((item) => [item?.credential?.secret, item?.credential?.clientId, item?.credential?.clientSecret, item?.secrets].flat())
      .filter((name) => typeof name === "string" && /^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  } catch {
    return [];
  }
}

/** What workerd reads: the Worker of the folder `build` at `address`; the variables `names` of its environment are bound.
 * At the Unix socket `drain`, if there is to be one, it says when nothing is under way. */
export function configuration({ build, wrangler, address, drain, objects, names }) {
  const setting = (name) => JSON.parse(new RegExp(`^${name} = (.*)$`, "m").exec(wrangler)[1]);
  const classes = [...wrangler.matchAll(/^name = "([A-Z_]+)"\nclass_name = "(\w+)"$/gm)];
  const text = JSON.stringify;
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["public", "private", "local"], tlsOptions = (trustBrowserCas = true))),
    (name = "public", network = (allow = ["public"], tlsOptions = (trustBrowserCas = true))),
    (name = "objects", disk = (path = ${text(objects)}, writable = true)),
  ],
  sockets = [
    (name = "http", address = ${text(address)}, http = (), service = "main"),
    ${drain ? `(name = "drain", address = ${text(`unix:${drain}`)}, http = (), service = (name = "main", entrypoint = "drain")),` : ""}
  ],
);
const worker :Workerd.Worker = (
  modules = [
    (name = "index.js", esModule = embed ${text(`${build}index.js`)}),
    (name = "./index_bg.wasm", wasm = embed ${text(`${build}index_bg.wasm`)}),
  ],
  compatibilityDate = ${text(setting("compatibility_date"))},
  compatibilityFlags = ${text(setting("compatibility_flags"))},
  bindings = [
    ${[
      ...classes.map(([, name, className]) => `(name = ${text(name)}, durableObjectNamespace = ${text(className)})`),
      `(name = "PUBLIC_NETWORK", service = "public")`,
      ...new Set(names.map((name) => `(name = ${text(name)}, fromEnvironment = ${text(name)})`)),
    ].join(",\n    ")}
  ],
  durableObjectNamespaces = [${classes.map(([, , className]) => `(className = ${text(className)}, uniqueKey = ${text(className)}, enableSql = true)`).join(", ")}],
  durableObjectStorage = (localDisk = "objects"),
);
`;
}
