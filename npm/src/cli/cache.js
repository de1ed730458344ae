// Reports of files that have not changed, kept between runs.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { version } from "./version.js";

const FILE = ".promptgate-cache.json";

export class Cache {
  #old = {};
  #new = {};

  constructor() {
    try {
      const kept = existsSync(FILE) ? JSON.parse(readFileSync(FILE, "utf8")) : {};
      if (kept.version === version) this.#old = kept.reports;
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

  write() {
    writeFileSync(FILE, JSON.stringify({ version, reports: { ...this.#old, ...this.#new } }));
  }
}

const hash = (text, settings) => createHash("sha256").update(JSON.stringify([settings, text])).digest("hex");
