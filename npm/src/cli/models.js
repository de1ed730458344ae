// `promptgate models export|plan|apply`: definitions and configurations of models from one gateway to another.
import { existsSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { GATEWAY_HELP, GATEWAY_OPTIONS, Gateway, refused } from "./gateway.js";
import { changes, readFolder, writeFolder } from "./library.js";
import { visible } from "./terminal.js";
import { Usage } from "./usage.js";

/** How long a model may take to become active: the gateway itself gives up after 15 polls. */
const PATIENCE_MS = 15 * 60_000;
const LOOK_MS = 1_000;
/** Most models of a page. */
const PAGE = 25;

export const modelsCommand = {
  help: `promptgate models export FOLDER [options]
promptgate models plan FOLDER [options]
promptgate models apply FOLDER [options]

export writes each model of a gateway into a folder, a JSON file each: its definition and its configuration, without its
credentials. plan compares such a folder with another gateway and says what apply would do there: a model whose definition
is not there is created, one whose configuration differs is configured, the rest is left. Nothing is deleted: where the
definition of a name has changed, the model that had the name before stays beside the new one.

  --to NAMES           of export: the environments that the export is for, with commas; they stand in the audit row
  --credentials FILE   of apply: the providers' keys, JSON: {"NAME OR PROVIDER": {"apiKey": "…", "endpoint": "…"}}; a
                       model's own name goes before its provider's
${GATEWAY_HELP}  --format FORMAT      text (default) or json
`,
  options: { ...GATEWAY_OPTIONS, to: { type: "string" }, credentials: { type: "string" }, format: { type: "string", default: "text" } },
  async run([action, ...folders], { to, credentials, format, ...gateway }) {
    if (!["export", "plan", "apply"].includes(action)) throw new Usage("Name the action: promptgate models export FOLDER, plan FOLDER or apply FOLDER");
    if (folders.length !== 1) throw new Usage(`Name the folder: promptgate models ${action} FOLDER`);
    if (!["text", "json"].includes(format)) throw new Usage("--format is text or json.");
    if (to !== undefined && action !== "export") throw new Usage("--to is an option of models export.");
    if (credentials !== undefined && action !== "apply") throw new Usage("--credentials is an option of models apply.");
    const [folder] = folders;
    const at = new Gateway(gateway);
    const steps = action === "export" ? await written(at, folder, to) : await planned(at, folder);
    if (action === "apply") await apply(at, steps, keys(credentials));
    process.stdout.write(format === "json" ? `${JSON.stringify({ models: steps.map(shown) }, null, 2)}\n` : steps.map(sentence).join(""));
    return steps.some(({ failure }) => failure !== undefined) ? 1 : 0;
  },
};

/** Every model of the gateway: `[{ id, name, status }]`. */
async function models(at) {
  const all = [];
  for (let number = 1, count = 1; number <= count; number++) {
    const { entities, pageCount } = await at.must("GET", `/v1/models?pageSize=${PAGE}&pageNumber=${number}`);
    all.push(...entities);
    count = pageCount;
  }
  return all;
}

/** A model as it is written: its snapshot, and its configuration, which is another model's wherever it is read. */
async function snapshot(at, id, to) {
  const [exported, { applied }] = await Promise.all([
    at.must("GET", `/v1/models/${id}/snapshot${to === undefined ? "" : `?environments=${encodeURIComponent(to)}`}`),
    at.must("GET", `/v1/models/${id}/configuration`),
  ]);
  const { model_id, ...configuration } = applied ?? {};
  return { ...exported, configuration: applied === null ? null : configuration };
}

async function written(at, folder, to) {
  const documents = [];
  for (const { id, status } of await models(at)) {
    // What is not there cannot be what another gateway should have.
    if (status === "ACTIVE") documents.push(await snapshot(at, id, to));
  }
  // When it was exported is no change.
  const same = ({ exportedAt, ...rest }) => rest;
  return writeFolder(folder, documents, { nameOf: (document) => document?.modelDefinition?.name, same }).map(({ change, ...step }) => ({ action: change, ...step }));
}

/** What is to be done at the gateway: `[{ file, name, action, changes, document, id }]`. */
async function planned(at, folder) {
  const files = readFolder(folder);
  if (files.length === 0) throw new Usage(`No JSON file is in ${JSON.stringify(folder)}.`);
  const there = [];
  for (const model of await models(at)) {
    if (model.status === "ACTIVE") there.push({ id: model.id, name: model.name, ...(await snapshot(at, model.id)) });
  }
  const names = new Set();
  return files.map(({ file, document }) => {
    const name = document?.modelDefinition?.name;
    if (typeof name !== "string") throw new Usage(`${file} is no model that \`promptgate models export\` has written: it has no modelDefinition.`);
    if (names.has(name)) throw new Usage(`${file}: another file has the model ${JSON.stringify(visible(name))}, too.`);
    names.add(name);
    const named = there.filter((model) => model.name === name);
    const found = named.find((model) => changes(model.modelDefinition, document.modelDefinition).length === 0);
    if (found === undefined) {
      const differs = named.length === 0 ? [] : changes(named.at(-1).modelDefinition, document.modelDefinition, "$.modelDefinition");
      return { file, name, action: "create", changes: differs, document };
    }
    const differs = document.configuration ? changes(found.configuration, document.configuration, "$.configuration") : [];
    return { file, name, action: differs.length === 0 ? "leave" : "configure", changes: differs, document, id: found.id };
  });
}

/** Carries out a plan. What is missing of the keys is said before anything is done. */
async function apply(at, steps, keyOf) {
  const missing = steps.filter(({ action, document }) => action === "create" && keyOf(document.modelDefinition) === undefined);
  if (missing.length > 0) throw new Usage(`There is no key for ${missing.map(({ name }) => visible(name)).join(", ")}: name it in --credentials FILE.`);
  for (const step of steps) {
    if (step.action === "leave") continue;
    try {
      if (step.action === "create") step.id = await create(at, { ...step.document.modelDefinition, credentials: keyOf(step.document.modelDefinition) });
      if (step.document.configuration) {
        const answer = await at.ask("PUT", `/v1/models/${step.id}/configuration`, { ...step.document.configuration, model_id: step.id });
        if (answer.status >= 300) throw refused(answer);
        if (answer.status === 202) throw new Usage("its configuration is kept by the gateway and not applied yet: GET its configuration later.");
      }
      step.done = true;
    } catch (error) {
      if (!(error instanceof Usage)) throw error;
      step.failure = error.message;
    }
  }
}

/** Submits a definition and waits until the model is active; gives its id. */
async function create(at, definition) {
  const { model } = await at.must("POST", "/v1/models", definition);
  const end = Date.now() + PATIENCE_MS;
  for (let { status, error } = model; status !== "ACTIVE"; ) {
    if (status === "FAILED" || status === "LOST") throw new Usage(error?.detail ?? `the model is ${status}.`);
    if (Date.now() > end) throw new Usage(`the model is ${status} after ${PATIENCE_MS / 60_000} minutes.`);
    await setTimeout(LOOK_MS);
    ({ status, error } = await at.must("GET", `/v1/models/${model.id}`));
  }
  return model.id;
}

/** Which key a definition gets, by the file of keys. */
function keys(file) {
  if (file === undefined) return () => undefined;
  let known;
  try {
    known = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
  } catch {
    throw new Usage(`${file} is no JSON.`);
  }
  if (known === undefined) throw new Usage(`There is no file ${JSON.stringify(file)}.`);
  const own = (name) => (Object.hasOwn(known, name) ? known[name] : undefined);
  return ({ name, provider }) => own(name) ?? own(provider);
}

const shown = ({ document, ...step }) => step;

function sentence({ file, name, action, changes: paths = [], failure }) {
  const what = failure === undefined ? action : "FAILED";
  const why = failure === undefined ? paths.join(", ") : failure;
  return `${what.padEnd(9)}  ${file}  ${visible(name)}${why === "" ? "" : `: ${why}`}\n`;
}
