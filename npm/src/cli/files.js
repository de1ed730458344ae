// Which files are meant, and what they say.
import { existsSync, readFileSync, statSync } from "node:fs";
import { isAbsolute, parse, posix, relative, resolve, sep } from "node:path";
import { buffer } from "node:stream/consumers";
import { escapePath, glob, isDynamicPattern } from "tinyglobby";
import { ignored } from "./git.js";
import { Usage } from "./usage.js";

/** What prompts are kept in, by ending: a folder means the files in it that end so. */
const ENDINGS = ["json", "txt", "md", "prompt", "tmpl", "hbs", "handlebars", "mustache"];
const NEVER = ["**/node_modules/**", "**/.git/**"];

/** The files that `patterns` (files, folders, globs) name, relative to the working folder, each once, sorted. */
export async function find(patterns) {
  const files = new Set();
  for (const one of named(patterns)) {
    const { pattern, folder, isFile } = one;
    // a name that exists is that file, also where it looks like a glob
    const wanted = folder === undefined ? pattern : `${escapePath(folder)}/**/*.{${ENDINGS}}`;
    const found = isFile ? [pattern] : await globbed(wanted, one);
    if (found.length === 0) throw new Usage(`Nothing is called ${JSON.stringify(pattern)}, or git ignores it.`);
    for (const file of found) files.add(slashes(relative("", file)));
  }
  return [...files].sort();
}

/** The folders in which files may come to be that `patterns` name. */
export async function folders(patterns) {
  const found = new Set();
  for (const one of named(patterns)) {
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
function named(patterns) {
  const excluded = patterns.filter((pattern) => pattern.startsWith("!")).map((pattern) => pattern.slice(1));
  return patterns.filter((pattern) => !pattern.startsWith("!")).map((given) => {
    const kind = existsSync(given) ? statSync(given) : undefined;
    const folder = kind?.isDirectory() ? slashes(given).replace(/(?<=.)\/+$/, "") : undefined;
    const isFile = kind !== undefined && folder === undefined;
    return { pattern: slashes(given), folder, isFile, excluded, unwanted: isFile ? [] : ignored(folder) };
  });
}

/** What `pattern` names, as absolute paths. */
function globbed(pattern, { excluded, unwanted }, options) {
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
  return glob([pattern.slice(above.length)], { cwd, ignore, absolute: true, followSymbolicLinks: false, expandDirectories: false, ...options });
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
export const input = () => buffer(process.stdin);

/** The text of a file's bytes. A byte order mark is part of it, so that fixes keep it. */
export function decode(bytes, file) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Usage(`${file} is not UTF-8 text.`);
  }
}
