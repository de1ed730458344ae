// `promptgate sync` and `promptgate export`: prompt templates from a folder to a gateway, and back.
import { GATEWAY_HELP, GATEWAY_OPTIONS, Gateway, refused } from "./gateway.js";
import { readFolder, writeFolder } from "./library.js";
import { visible } from "./terminal.js";
import { Usage } from "./usage.js";

/** What upstream adds to a document; the repository has its versions by itself. */
const UPSTREAMS = new Set(["id", "version", "date_modified"]);

/** What one request may hold: the gateway's limits, with room for the brackets. */
const MOST = 100;
const MOST_BYTES = (1 << 20) - 1024;

const FORMAT = { format: { type: "string", default: "text" } };
const DRY_RUN = { "dry-run": { type: "boolean", default: false } };

export const syncCommand = {
  help: `promptgate sync FOLDER [options]

Brings the gateway's prompt templates up to date with the JSON files of a folder: creates what is missing, updates what
differs, leaves the rest. Nothing is deleted. All are checked before the first one is changed.

  --dry-run            shows what would be done
${GATEWAY_HELP}  --format FORMAT      text (default) or json
`,
  options: { ...GATEWAY_OPTIONS, ...DRY_RUN, ...FORMAT },
  async run(folders, { "dry-run": dryRun, format, ...gateway }) {
    const folder = one(folders, "sync", format);
    const at = new Gateway(gateway);
    const library = readFolder(folder);
    if (library.length === 0) throw new Usage(`No JSON file is in ${JSON.stringify(folder)}.`);
    const parts = [...portions(library)];
    // Where there are several requests the last one could be refused after the first one has changed something.
    if (!dryRun && parts.length > 1) for (const part of parts) await plan(at, part, true);
    const steps = [];
    for (const part of parts) steps.push(...(await plan(at, part, dryRun)));
    show(format, { dry_run: dryRun, templates: steps }, steps, sentence);
    return steps.some(({ result }) => result?.success === false) ? 1 : 0;
  },
};

export const exportCommand = {
  help: `promptgate export FOLDER [options]

Writes the gateway's prompt templates into a folder, a JSON file each, as promptgate sync reads them: into the file that
has the template's name already, else into a new one. No file is deleted.

  --dry-run            shows what would be written
${GATEWAY_HELP}  --format FORMAT      text (default) or json
`,
  options: { ...GATEWAY_OPTIONS, ...DRY_RUN, ...FORMAT },
  async run(folders, { "dry-run": dryRun, format, ...gateway }) {
    const folder = one(folders, "export", format);
    const at = new Gateway(gateway);
    const templates = [];
    for (let number = 1, count = 1; number <= count; number++) {
      const { entities, pageCount } = await at.must("GET", `/v1/templates?pageSize=${MOST}&pageNumber=${number}`);
      templates.push(...entities);
      count = pageCount;
    }
    const files = writeFolder(folder, templates.map(own), { nameOf: (document) => document?.name, dryRun });
    show(format, { dry_run: dryRun, files }, files, ({ file, name, change }) => `${change.padEnd(6)}  ${file}  ${visible(name)}\n`);
    return 0;
  },
};

function one(folders, command, format) {
  if (folders.length !== 1) throw new Usage(`Name the folder: promptgate ${command} FOLDER`);
  if (!["text", "json"].includes(format)) throw new Usage("--format is text or json.");
  return folders[0];
}

const own = (template) => Object.fromEntries(Object.entries(template).filter(([name, value]) => !UPSTREAMS.has(name) && value !== null));

/** The library in as many requests as it takes. */
function* portions(library) {
  let part = [];
  let bytes = 0;
  for (const entry of library) {
    const size = Buffer.byteLength(JSON.stringify(entry.document)) + 1;
    if (part.length > 0 && (part.length === MOST || bytes + size > MOST_BYTES)) {
      yield part;
      [part, bytes] = [[], 0];
    }
    part.push(entry);
    bytes += size;
  }
  yield part;
}

/** What the gateway does, or would do, with these files; each step has its file. */
async function plan(at, part, dryRun) {
  const answer = await at.ask("POST", `/v1/templates/sync${dryRun ? "?dry_run=true" : ""}`, { templates: part.map(({ document }) => document) });
  if (answer.status >= 300) {
    const named = answer.body.errors?.map((fault) => {
      const [, index, rest] = /^\$\.templates\[(\d+)\](.*)$/.exec(fault.path) ?? [];
      return index === undefined ? fault : { ...fault, path: `${part[index].file} $${rest}` };
    });
    const detail = named?.length === 1 ? `${named[0].path}: ${named[0].message}` : answer.body.detail;
    throw refused({ ...answer, body: { ...answer.body, detail, errors: named } });
  }
  return answer.body.templates.map((step, index) => ({ file: part[index].file, ...step }));
}

function sentence({ file, name, action, changes = [], result }) {
  const what = result?.success === false ? `FAILED (${result.code})` : action;
  const paths = changes.map(({ path }) => path).join(", ");
  return `${what.padEnd(6)}  ${file}  ${visible(name)}${paths === "" ? "" : `: ${paths}`}${result?.merged ? ", merged with someone else's change" : ""}\n`;
}

function show(format, document, lines, line) {
  process.stdout.write(format === "json" ? `${JSON.stringify(document, null, 2)}\n` : lines.map(line).join(""));
}
