// Which files are meant, and what they say.
import { existsSync, readFileSync, statSync } from "node:fs";
import { relative } from "node:path";
import { buffer } from "node:stream/consumers";
import { escapePath, glob } from "tinyglobby";
import { Usage } from "./usage.js";

/** What prompts are kept in, by ending: a folder means the files in it that end so. */
const ENDINGS = ["json", "txt", "md", "prompt", "tmpl", "hbs", "handlebars", "mustache"];
const IGNORED = ["**/node_modules/**", "**/.git/**"];

/** The files that `patterns` (files, folders, globs) name, relative to the working folder, each once, sorted. */
export async function find(patterns) {
  const files = new Set();
  for (const pattern of patterns.filter((pattern) => !pattern.startsWith("!"))) {
    const named = await matching(pattern, patterns.filter((other) => other.startsWith("!")).map((other) => other.slice(1)));
    if (named.length === 0) throw new Usage(`Nothing is called ${JSON.stringify(pattern)}.`);
    for (const file of named) files.add(relative("", file).replaceAll("\\", "/"));
  }
  return [...files].sort();
}

async function matching(pattern, excluded) {
  // A name that exists is that file, also where it looks like a glob.
  const path = existsSync(pattern) ? statSync(pattern) : undefined;
  if (path && !path.isDirectory()) return [pattern];
  const wanted = path ? `${escapePath(pattern.replace(/[\\/]+$/, ""))}/**/*.{${ENDINGS}}` : pattern.replaceAll("\\", "/");
  return glob([wanted], { ignore: [...IGNORED, ...excluded], followSymbolicLinks: false, expandDirectories: false });
}

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
