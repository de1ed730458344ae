// `promptgate keys`: makes, lists, rotates and revokes the gateway's keys from a shell.
import { Usage } from "./usage.js";

const LIMITS = {
  "requests-per-minute": "requestsPerMinute", "tokens-per-minute": "tokensPerMinute", "calls-at-once": "callsAtOnce",
  "cost-per-day": "costPerDay", "cost-per-month": "costPerMonth",
};
const number = (text, name) => {
  if (!/^\d{1,15}$/.test(text)) throw new Usage(`--${name} is a whole number.`);
  return Number(text);
};

export const keysCommand = {
  help: `promptgate keys ACTION [options]

  keys create --name NAME     makes a key and shows its secret, this once
  keys list                   all keys of the tenant; with an admin's key those of all tenants
  keys rotate ID              a new secret; the old one is good for the overlap
  keys revoke ID              ends a key, everywhere within a minute

The gateway and the key with which to ask it are read from PROMPTGATE_URL and PROMPTGATE_KEY, so that no key is in the
shell's history.

  --url URL                   the gateway, in place of PROMPTGATE_URL
  --format FORMAT             text (default) or json

create:
  --name NAME                 what people call it
  --tenant NAME               whose it is: the asking key's tenant unless given
  --right RIGHT               manage, audit or admin, beside calling; several times for several
  --model NAME                a model that it may ask; several times for several, all unless given
  --expires TIME              when it ends, such as 2027-01-31T00:00:00Z
  --requests-per-minute N     --tokens-per-minute N     --calls-at-once N
  --cost-per-day USD          --cost-per-month USD

rotate:
  --overlap SECONDS           how long the old secret is good: a day unless given
`,
  options: {
    url: { type: "string" }, format: { type: "string", default: "text" },
    name: { type: "string" }, tenant: { type: "string" }, right: { type: "string", multiple: true },
    model: { type: "string", multiple: true }, expires: { type: "string" }, overlap: { type: "string" },
    ...Object.fromEntries(Object.keys(LIMITS).map((name) => [name, { type: "string" }])),
  },
  async run([action, id, ...more], values) {
    if (!["text", "json"].includes(values.format)) throw new Usage("--format is text or json.");
    const needsId = action === "rotate" || action === "revoke";
    if (!["create", "list", "rotate", "revoke"].includes(action)) throw new Usage("Name the action: promptgate keys create, list, rotate ID or revoke ID");
    if (more.length > 0 || needsId !== (id !== undefined)) throw new Usage(needsId ? `Name the key: promptgate keys ${action} ID (keys list shows the ids)` : `keys ${action} takes no argument.`);
    const answer = await ACTIONS[action](values, id);
    process.stdout.write(values.format === "json" ? `${JSON.stringify(answer, null, 2)}\n` : TEXTS[action](answer));
    return 0;
  },
};

const ACTIONS = {
  create(values) {
    if (!values.name) throw new Usage("Name the key: --name NAME");
    const limits = Object.entries(LIMITS).filter(([option]) => values[option] !== undefined)
      .map(([option, name]) => [name, name.startsWith("cost") ? values[option] : number(values[option], option)]);
    return ask(values, "POST", "/v1/keys", {
      name: values.name, tenant: values.tenant, rights: values.right, models: values.model, expiresAt: values.expires,
      limits: limits.length > 0 ? Object.fromEntries(limits) : undefined,
    });
  },
  list: (values) => ask(values, "GET", `/v1/keys${values.tenant ? `?tenant=${encodeURIComponent(values.tenant)}` : ""}`),
  rotate: (values, id) => ask(values, "POST", `/v1/keys/${encodeURIComponent(id)}/rotate`, {
    overlapSeconds: values.overlap === undefined ? undefined : number(values.overlap, "overlap"),
  }),
  revoke: (values, id) => ask(values, "DELETE", `/v1/keys/${encodeURIComponent(id)}`),
};

const SECRET = "The secret is shown this once; the gateway keeps a digest of it.";
const TEXTS = {
  create: ({ id, tenant, name, secret }) => `${secret}\n\nkey ${id} of ${tenant}, ${name}. ${SECRET}\n`,
  rotate: ({ id, secret, oldSecretUntil }) => `${secret}\n\nkey ${id}. ${SECRET} ${oldSecretUntil ? `The old one is good until ${oldSecretUntil}.` : "The old one has ended."}\n`,
  revoke: ({ id, tenant, name }) => `key ${id} of ${tenant}, ${name}, is revoked; a minute from now at most it opens nothing anywhere.\n`,
  list: ({ keys }) => table([
    ["ID", "TENANT", "NAME", "STATUS", "RIGHTS", "LAST USED", "LIMITS"],
    ...keys.map(({ id, tenant, name, status, rights, lastUsedAt, limits }) => [
      id, tenant, name, status, rights.join(","), lastUsedAt?.slice(0, 16) ?? "never",
      Object.entries(limits).map(([limit, amount]) => `${limit}=${amount}`).join(" ") || "-",
    ]),
  ]),
};

function table(rows) {
  const widths = rows[0].map((_, at) => Math.max(...rows.map((row) => row[at].length)));
  return rows.map((row) => `${row.map((cell, at) => cell.padEnd(widths[at])).join("  ").trimEnd()}\n`).join("");
}

async function ask({ url = process.env.PROMPTGATE_URL }, method, path, body) {
  const key = process.env.PROMPTGATE_KEY;
  if (!url) throw new Usage("Name the gateway: set PROMPTGATE_URL, or --url");
  if (!key) throw new Usage("Set PROMPTGATE_KEY to a key with the right manage or admin.");
  let response;
  try {
    response = await fetch(new URL(path, url), {
      method, redirect: "error",
      headers: { authorization: `Bearer ${key}`, ...(body && { "content-type": "application/json" }) },
      body: body && JSON.stringify(body),
    });
  } catch (error) {
    throw new Usage(`${url} cannot be asked: ${error.cause?.code ?? error.message}`);
  }
  const answer = await response.json().catch(() => undefined);
  if (response.ok && answer) return answer;
  const faults = (answer?.errors ?? []).map(({ path, message }) => `\n  ${path}: ${message}`).join("");
  throw new Usage(`${answer?.detail ?? "That is no gateway's answer."} (${answer?.code ?? "status"} ${response.status})${faults}`);
}
