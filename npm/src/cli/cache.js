// Reports of files that have not changed, kept between runs.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { version } from "./version.js";

const FILE = ".promptgate-cache.json";

export class Cache {
  #text;
  #old = {};
  #new = {};

  constructor() {
    try {
      this.#text = existsSync(FILE) ? readFileSync(FILE, "utf8") : "{}";
      const kept = JSON.parse(this.#text);
      if (kept.version === version) this.#old = kept.reports ?? {};
    } catch {
      // A cache that is no cache is made anew.
    }
  }

  /** The report of a document that is what it was, under the configuration that it had. */
  get({ file, text, settings }) {
    const kept = this.#old[file];
    return kept?.hash === hash(text, settings) ? kept.report : undefined;
  }

  set({ file, text, settings, report }) {
    this.#new[file] = { hash: hash(text, settings), report };
  }

  /** Writes what is new: what only repeats itself would wake who watches the folder. */
  write() {
    const text = JSON.stringify({ version, reports: { ...this.#old, ...this.#new } });
    if (text !== this.#text) writeFileSync(FILE, text);
  }
}

const hash = (text, settings) => createHash("sha256").update(JSON.stringify([settings, text])).digest("hex");
