// What is known already and waits: how often each rule finds something in each file.
import { existsSync, writeFileSync } from "node:fs";
import { decode, read } from "./files.js";
import { Usage } from "./usage.js";

/** The baseline in `file`; none where it is not there. */
export function readBaseline(file) {
  if (!existsSync(file)) return {};
  try {
    const { version, files } = JSON.parse(decode(read(file), file));
    if (version !== 1 || files === null || typeof files !== "object") throw new Error();
    return files;
  } catch (error) {
    if (error instanceof Usage) throw error;
    throw new Usage(`${file} is no baseline: make it anew with --write-baseline.`);
  }
}

/** The findings of `file` that the baseline does not know: of each rule as many as there are more than then. */
export function without(baseline, file, findings) {
  const known = { ...baseline[file] };
  return findings.filter(({ code }) => {
    if (!(known[code] > 0)) return true;
    known[code] -= 1;
    return false;
  });
}

/** Writes what there is now. */
export function writeBaseline(to, documents) {
  const files = {};
  for (const { file, found } of documents) {
    for (const { code } of found) {
      files[file] ??= {};
      files[file][code] = (files[file][code] ?? 0) + 1;
    }
  }
  writeFileSync(to, `${JSON.stringify({ version: 1, files }, null, 2)}\n`);
}
