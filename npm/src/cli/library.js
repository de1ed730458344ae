// A folder of documents, each a JSON file: prompt templates, models.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { Usage } from "./usage.js";

/** Names of files that every system takes. */
const ODD = /[^A-Za-z0-9._-]+/g;

/** The documents of `folder`, by file: `[{ file, document }]`, sorted by file; hidden folders are left out. */
export function readFolder(folder) {
  if (!existsSync(folder)) throw new Usage(`There is no folder ${JSON.stringify(folder)}.`);
  const hidden = (file) => relative(folder, file).split(sep).some((part) => part.startsWith(".") || part === "node_modules");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".json"))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((file) => !hidden(file))
    .sort();
  return files.map((file) => {
    try {
      return { file, document: JSON.parse(readFileSync(file, "utf8").replace(/^\ufeff/, "")) };
    } catch (error) {
      throw new Usage(`${file} is no JSON${error.syscall ? ` that can be read: ${error.code}` : ""}. \`promptgate lint ${file}\` says where.`);
    }
  });
}

/**
 * Writes documents into `folder`: each into the file that has its name already, else into one of its own. `nameOf` gives
 * a document's name, `same` what of it is compared. Gives `[{ file, name, change }]`, the change being `write` or `leave`.
 */
export function writeFolder(folder, documents, { nameOf, same = (document) => document, dryRun = false }) {
  const there = existsSync(folder) ? readFolder(folder) : [];
  const taken = new Set(there.map(({ file }) => file.toLowerCase()));
  return documents.map((members) => {
    const name = nameOf(members);
    const known = there.find(({ document }) => nameOf(document) === name);
    const file = known?.file ?? free(folder, name, taken);
    // What is the linter's or the editor's stays.
    const notes = Object.entries(known?.document ?? {}).filter(([member]) => member.startsWith("$"));
    const document = { ...Object.fromEntries(notes), ...members };
    const change = known !== undefined && changes(same(known.document), same(document)).length === 0 ? "leave" : "write";
    if (change === "write" && !dryRun) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
    }
    return { file, name, change };
  });
}

function free(folder, name, taken) {
  const stem = name.replace(ODD, "-").replace(/^[-.]+|[-.]+$/g, "").slice(0, 80) || "unnamed";
  for (let n = 1; ; n++) {
    const file = join(folder, `${stem}${n === 1 ? "" : `-${n}`}.json`);
    if (taken.has(file.toLowerCase())) continue;
    taken.add(file.toLowerCase());
    return file;
  }
}

/** Where two JSON values differ, as JSONPath; whatever the order of members. */
export function changes(a, b, path = "$") {
  if (a === b) return [];
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object" || Array.isArray(a) !== Array.isArray(b)) return [path];
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  const below = (name) => (Array.isArray(a) ? `${path}[${name}]` : /^[A-Za-z_]\w*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`);
  return [...names].flatMap((name) => {
    if (!Object.hasOwn(a, name) || !Object.hasOwn(b, name)) return [below(name)];
    return changes(a[name], b[name], below(name));
  });
}
