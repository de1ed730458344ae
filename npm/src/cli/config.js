// The configuration of a file: what --config names, else the nearest `promptgate.json`, or `package.json` with a key
// `promptgate`, upwards. Rules, formats and models are the engine's; which files it is for is read here.
import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { lint } from "./engine.js";
import { decode, read } from "./files.js";
import { matcher } from "./glob.js";
import { Usage } from "./usage.js";

/** Members that are not the engine's. */
export const OWN = ["extends", "include", "exclude", "overrides", "select", "ignore", "baseline"];
/** So many configurations may extend one another. */
const MOST = 16;

export class Configurations {
  #known = new Map();
  #one;

  /** @param {string} [file] The configuration of all files. */
  constructor(file) {
    if (file !== undefined) this.#one = loaded(resolve(file));
  }

  /** The configuration for `file`: `{ config, select, ignore, excluded }`, where `config` is JSON text for the engine. */
  of(file) {
    const found = this.#one ?? this.#in(dirname(resolve(file)));
    return found === undefined ? { config: undefined } : found.for(resolve(file));
  }

  #in(folder) {
    if (this.#known.has(folder)) return this.#known.get(folder);
    const parent = dirname(folder);
    const config = here(folder) ?? (parent === folder ? undefined : this.#in(parent));
    this.#known.set(folder, config);
    return config;
  }
}

function here(folder) {
  const own = join(folder, "promptgate.json");
  if (existsSync(own)) return loaded(own);
  const manifest = join(folder, "package.json");
  if (!existsSync(manifest)) return undefined;
  let key;
  try {
    key = JSON.parse(decode(read(manifest), manifest)).promptgate;
  } catch {
    // Another program's file: it keeps nobody from linting.
    process.stderr.write(`${shown(manifest)} is not JSON: a configuration in it is not read.\n`);
    return undefined;
  }
  return key === undefined ? undefined : new Configuration(key, manifest);
}

function loaded(file) {
  return new Configuration(parsed(file), file);
}

function parsed(file) {
  try {
    return JSON.parse(decode(read(file), file).replace(/^\uFEFF/, ""));
  } catch (error) {
    if (error instanceof Usage) throw error;
    throw new Usage(`The configuration ${shown(file)} is not JSON: ${error.message}.`);
  }
}

class Configuration {
  #folder;
  #base;
  #file;
  #byOverrides = new Map();

  constructor(value, file) {
    this.#folder = dirname(file);
    this.#file = file;
    this.#base = extended(value, file, 0);
    this.#merged([]);
  }

  for(file) {
    const path = relative(this.#folder, file).replaceAll("\\", "/");
    const { include, exclude, overrides = [] } = this.#base;
    const fits = (patterns) => patterns.some((pattern) => matcher(pattern)(path));
    const excluded = (exclude !== undefined && fits(exclude)) || (include !== undefined && !fits(include));
    const taken = overrides.filter(({ files }) => fits(files));
    return { ...this.#merged(taken), excluded };
  }

  /** The configuration with those overrides, once the engine has taken it. */
  #merged(overrides) {
    const key = overrides.map((one) => this.#base.overrides.indexOf(one)).join();
    if (!this.#byOverrides.has(key)) {
      const whole = overrides.reduce((base, { files, ...own }) => merge(base, own), this.#base);
      const config = JSON.stringify(Object.fromEntries(Object.entries(whole).filter(([name]) => !OWN.includes(name))));
      try {
        lint("", { config });
      } catch (error) {
        if (error.code !== "invalid_config") throw error;
        throw new Usage(`The configuration in ${shown(this.#file)} has faults:`, error.errors);
      }
      this.#byOverrides.set(key, { config, select: whole.select, ignore: whole.ignore, baseline: whole.baseline && resolve(this.#folder, whole.baseline) });
    }
    return this.#byOverrides.get(key);
  }
}

/** The configuration with what it extends below it. */
function extended(value, file, depth) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Usage(`The configuration in ${shown(file)} must be an object.`);
  if (depth > MOST) throw new Usage(`The configuration ${shown(file)} extends itself.`);
  const strings = (list) => Array.isArray(list) && list.every((item) => typeof item === "string");
  const overrides = value.overrides ?? [];
  if (!Array.isArray(overrides) || overrides.some((one) => !strings(one?.files))) throw new Usage(`\`overrides\` in ${shown(file)} must be a list of objects with \`files\`.`);
  for (const one of [value, ...overrides]) {
    for (const name of ["include", "exclude", "select", "ignore"]) {
      if (one[name] !== undefined && !strings(one[name])) throw new Usage(`\`${name}\` in ${shown(file)} must be a list of strings.`);
    }
    if (one.baseline !== undefined && typeof one.baseline !== "string") throw new Usage(`\`baseline\` in ${shown(file)} must be the name of a file.`);
  }
  const parents = value.extends === undefined ? [] : [value.extends].flat();
  if (!strings(parents)) throw new Usage(`\`extends\` in ${shown(file)} must be a file, or a list of files.`);
  const base = parents.reduce((below, parent) => {
    const path = resolve(dirname(file), parent);
    return merge(below, extended(parsed(path), path, depth + 1));
  }, {});
  const { extends: _, ...own } = value;
  return merge(base, own);
}

/** `over` above `base`: objects by member, lists of overrides one behind the other. */
function merge(base, over) {
  const merged = { ...base };
  for (const [name, value] of Object.entries(over)) {
    const both = [merged[name], value];
    if (name === "overrides") merged[name] = both.flatMap((list) => list ?? []);
    else if (both.every((one) => one !== null && typeof one === "object" && !Array.isArray(one))) merged[name] = merge(...both);
    else merged[name] = value;
  }
  return merged;
}

const shown = (file) => relative("", file);
