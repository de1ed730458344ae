// Which files are meant, and what they say.
import { existsSync, readFileSync, statSync } from "node:fs";
import { isAbsolute, parse, posix, relative, resolve, sep } from "node:path";
import { ignored } from "./git.js";
import { Usage } from "./usage.js";

/** What prompts are kept in, by ending: a folder means the files in it that end so, in any case. */
export const ENDINGS = [
  "txt", "md", "mdc", "mdx", "markdown", "prompt", "prompty", "tmpl", "j2", "jinja", "jinja2", "njk", "nunjucks", "liquid",
  "hbs", "handlebars", "mustache", "json", "jsonc", "yaml", "yml",
];
const NEVER = ["**/node_modules/**", "**/.git/**"];
/** Folders of agents and editors in which prompts are kept; other hidden ones are left out. */
const HIDDEN = new Set([".github", ".claude", ".cursor", ".windsurf", ".agents", ".codex", ".gemini", ".prompts", ".clinerules", ".roo"]);
/** Files of programs that end as prompts do and are none. */
const PROGRAMS = /^(package(-lock)?|npm-shrinkwrap|composer|tsconfig.*|jsconfig.*|\.?promptgate(-cache)?|deno|biome|renovate|turbo|nx|lerna)\.jsonc?$|^(pnpm-lock|yarn|\.?eslintrc.*|\.?prettierrc.*|\.pre-commit-config|docker-compose.*)\.(ya?ml|json)$|^requirements.*\.txt$|^CMakeLists\.txt$|^(LICENSE|LICENCE|NOTICE|CHANGELOG)(\..*)?$/i;

/**
 * The files that `patterns` (files, folders, globs) name, relative to the working folder, each once, sorted; how many
 * files of folders are left out, by ending; and what is wrong with patterns that name nothing.
 */
export async function find(patterns) {
  const escapePath = (path) => path.replace(/[()[\]{}!*?@+\\]/g, "\\$&");
  const files = new Set();
  const skipped = new Map();
  const missing = [];
  for (const one of await named(patterns)) {
    const { pattern, folder, isFile } = one;
    // a name that exists is that file, also where it looks like a glob
    if (isFile) {
      files.add(slashes(relative("", pattern)));
      continue;
    }
    const all = await globbed(folder === undefined ? pattern : `${escapePath(folder)}/**`, one);
    const found = folder === undefined ? all : all.filter((file) => isPrompt(slashes(relative(resolve(folder), file)), skipped));
    for (const file of found) files.add(slashes(relative("", file)));
    if (found.length > 0) continue;
    if (folder === undefined) missing.push(`There is no file ${JSON.stringify(pattern)}, or git ignores it.`);
    else missing.push(`There is no prompt in ${JSON.stringify(pattern)}: its files have other endings${skipped.size > 0 ? ` (${listed(skipped)})` : ""}, or git ignores them.`);
  }
  return { files: [...files].sort(), skipped, missing };
}

/** Whether a file of a folder is taken; one that is not is counted. */
function isPrompt(path, skipped) {
  const parts = path.split("/");
  const name = parts.pop();
  if (parts.some((part) => part.startsWith(".") && !HIDDEN.has(part))) return false;
  const ending = /\.([^.]+)$/.exec(name)?.[1].toLowerCase();
  if (ENDINGS.includes(ending) && !PROGRAMS.test(name)) return true;
  const kind = PROGRAMS.test(name) ? name : ending === undefined ? "without an ending" : `.${ending}`;
  skipped.set(kind, (skipped.get(kind) ?? 0) + 1);
  return false;
}

/** What was skipped, most first: `.py 12, .png 3`. */
export function listed(skipped) {
  const kinds = [...skipped].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  const shown = kinds.slice(0, 6).map(([kind, count]) => `${kind} ${count}`);
  return shown.join(", ") + (kinds.length > 6 ? ", …" : "");
}

/** The folders in which files may come to be that `patterns` name. */
export async function folders(patterns) {
  const { escapePath, isDynamicPattern } = await import("tinyglobby");
  const found = new Set();
  for (const one of await named(patterns)) {
    const { pattern, folder, isFile } = one;
    const parts = pattern.split("/");
    const fixed = parts.slice(0, -1).findIndex((part) => isDynamicPattern(part));
    const above = parts.slice(0, fixed < 0 ? -1 : fixed).join("/") || (pattern.startsWith("/") ? "/" : ".");
    const base = folder ?? above;
    if (!existsSync(base)) continue;
    found.add(base);
    const isDeep = !isFile && (folder !== undefined || fixed >= 0);
    if (isDeep) for (const deeper of await globbed(`${escapePath(base)}/**`, one, { onlyDirectories: true })) found.add(deeper);
  }
  return found;
}

/** Each pattern that takes something in, with what is left out of it. */
async function named(patterns) {
  const excluded = patterns.filter((pattern) => pattern.startsWith("!")).map((pattern) => pattern.slice(1));
  return Promise.all(patterns.filter((pattern) => !pattern.startsWith("!")).map(async (given) => {
    const kind = existsSync(given) ? statSync(given) : undefined;
    const folder = kind?.isDirectory() ? slashes(given).replace(/(?<=.)\/+$/, "") : undefined;
    const isFile = kind !== undefined && folder === undefined;
    return { pattern: slashes(given), folder, isFile, excluded, unwanted: isFile ? [] : await ignored(folder) };
  }));
}

/** What `pattern` names, as absolute paths. */
async function globbed(pattern, { excluded, unwanted }, options) {
  const { escapePath, glob } = await import("tinyglobby");
  // globs do not reach above the folder they are looked for in: it is one that holds all of them
  const [above] = isAbsolute(pattern) ? [parse(pattern).root] : /^(?:\.\.\/)*/.exec(pattern);
  const cwd = resolve(above);
  const here = escapePath(slashes(relative(cwd, "")));
  const left = unwanted.map((path) => slashes(relative(cwd, path)) + (path.endsWith(sep) ? "/" : "")).filter((path) => !path.startsWith("../"));
  const ignore = [
    ...NEVER,
    ...excluded.map((glob) => (isAbsolute(glob) ? slashes(relative(cwd, glob)) : posix.join(here, slashes(glob)))),
    ...left.map((path) => escapePath(path) + (path.endsWith("/") ? "**" : "")),
  ];
  return glob([pattern.slice(above.length)], { cwd, ignore, absolute: true, followSymbolicLinks: false, expandDirectories: false, caseSensitiveMatch: false, dot: true, ...options });
}

const slashes = (path) => (process.platform === "win32" ? path.replaceAll("\\", "/") : path);

/** The bytes of a file. */
export function read(file) {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Usage(`${file} cannot be read: ${error.code ?? error.message}.`);
  }
}

/** The bytes of the standard input. */
export const input = async () => (await import("node:stream/consumers")).buffer(process.stdin);

/** The text of a file's bytes. A byte order mark is part of it, so that fixes keep it. */
export function decode(bytes, file) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Usage(`${file} is not UTF-8 text.`);
  }
}
