// The configuration of a file: the nearest `promptgate.json`, or `package.json` with a key `promptgate`, upwards.
import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { lint } from "../node.js";
import { decode, read } from "./files.js";
import { Usage } from "./usage.js";

/** By folder: `{ file, config }`, where `config` is what the engine takes, undefined if there is none. */
export class Configurations {
  #known = new Map();

  /** The configuration for `file`, as JSON text; undefined for the defaults. */
  of(file) {
    return this.#in(dirname(resolve(file)));
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
  if (existsSync(own)) return checked(decode(read(own), own), own);
  const manifest = join(folder, "package.json");
  if (!existsSync(manifest)) return undefined;
  let key;
  try {
    key = JSON.parse(decode(read(manifest), manifest)).promptgate;
  } catch {
    throw new Usage(`${shown(manifest)} is not JSON.`);
  }
  return key === undefined ? undefined : checked(JSON.stringify(key), manifest);
}

/** The configuration, once the engine has taken it. */
function checked(config, file) {
  try {
    lint("", { config });
  } catch (error) {
    if (error.code !== "invalid_config") throw error;
    throw new Usage(`The configuration in ${shown(file)} has faults:`, error.errors);
  }
  return config;
}

const shown = (file) => relative("", file);
