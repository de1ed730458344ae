// `promptgate label`: which version of a prompt template bears which label.
import { GATEWAY_HELP, GATEWAY_OPTIONS, Gateway } from "./gateway.js";
import { visible } from "./terminal.js";
import { Usage } from "./usage.js";

/** How many words each action takes after its name. */
const WORDS = { list: 1, set: 3, rollback: 2, remove: 2 };
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const labelCommand = {
  help: `promptgate label ACTION TEMPLATE […]

  label list TEMPLATE                   the labels of a prompt template, which is named by its name or its id
  label set TEMPLATE LABEL VERSION      gives a version a label, or moves the label to it
  label rollback TEMPLATE LABEL         moves a label back to the version that bore it before
  label remove TEMPLATE LABEL           takes a label away

A label is up to 32 characters of a–z 0–9 . _ -, the first one a letter: production, staging. VERSION is a number, another
label (\`label set greeting production staging\`), or latest. What is executed by the label is the other version from the
next call on.

${GATEWAY_HELP}  --format FORMAT      text (default) or json
`,
  options: { ...GATEWAY_OPTIONS, format: { type: "string", default: "text" } },
  async run([action, ...words], { format, ...gateway }) {
    if (!["text", "json"].includes(format)) throw new Usage("--format is text or json.");
    if (!Object.hasOwn(WORDS, action ?? "")) throw new Usage("Name the action: promptgate label list, set, rollback or remove TEMPLATE …");
    if (words.length !== WORDS[action]) throw new Usage(`promptgate label ${action} takes ${["", "TEMPLATE", "TEMPLATE LABEL", "TEMPLATE LABEL VERSION"][WORDS[action]]}.`);
    const at = new Gateway(gateway);
    const [template, label, version] = words;
    const { id, newest } = await find(at, template);
    const labels = `/v1/templates/${id}/labels`;
    const one = label === undefined ? labels : `${labels}/${encodeURIComponent(label)}`;
    const { labels: before } = await at.must("GET", labels);
    const told = { list: () => before,
      set: async () => [await at.must("PUT", one, { version: numbered(version, before, newest) })],
      rollback: async () => [await at.must("POST", `${one}/rollback`)],
      remove: async () => (await at.must("DELETE", one), []),
    };
    const after = await told[action]();
    if (format === "json") process.stdout.write(`${JSON.stringify(action === "list" ? { labels: after } : (after[0] ?? {}), null, 2)}\n`);
    else if (action === "list") process.stdout.write(after.map(line).join("") || `${visible(template)} has no labels.\n`);
    else process.stdout.write(moved(label, before.find((known) => known.label === label)?.version, after[0]?.version));
    return 0;
  },
};

/** The template of an id or a name. */
async function find(at, template) {
  if (UUID.test(template)) {
    const { id, version } = await at.must("GET", `/v1/templates/${template}`);
    return { id, newest: version };
  }
  const { entities } = await at.must("GET", `/v1/templates?name=${encodeURIComponent(template)}`);
  if (entities.length === 0) throw new Usage(`The gateway has no prompt template with the name ${JSON.stringify(template)}, or none that this key sees.`);
  if (entities.length > 1) throw new Usage(`The gateway has ${entities.length} prompt templates with the name ${JSON.stringify(template)}: name one by its id: ${entities.map(({ id }) => id).join(", ")}.`);
  return { id: entities[0].id, newest: entities[0].version };
}

function numbered(version, labels, newest) {
  if (/^[1-9]\d{0,6}$/.test(version)) return Number(version);
  if (version === "latest") return newest;
  const known = labels.find(({ label }) => label === version);
  if (known === undefined) throw new Usage(`VERSION is a number, latest, or a label of the template: ${labels.map(({ label }) => label).join(", ") || "it has none"}.`);
  return known.version;
}

const line = ({ label, version, since, earlier }) => `${label}  version ${version} since ${since.slice(0, 16)}Z${earlier.length > 0 ? `; before: ${earlier.join(", ")}` : ""}\n`;

function moved(label, from, to) {
  if (to === undefined) return `${label} is removed; it was version ${from}.\n`;
  if (from === to) return `${label} was version ${to} already.\n`;
  return `${label}: ${from === undefined ? "" : `version ${from} → `}version ${to}\n`;
}
