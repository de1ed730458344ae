// Runs again whenever a file changes, until interrupted.
import { watch as watchFolder } from "node:fs";
import { resolve } from "node:path";

/** How long to wait for what is written together, in milliseconds. */
const SETTLE = 50;

/** Calls `run`, and again when something changes in those folders that `folders` gives, but for the file `own`. */
export function watch(folders, run, own) {
  let next;
  const watchers = new Map();
  let timer;
  const changed = () => {
    clearTimeout(timer);
    timer = setTimeout(next, SETTLE);
  };
  /** Whether there were folders that were not watched yet: new ones may have been made in them meanwhile. */
  async function follow() {
    const wanted = new Set([...await folders()].map((folder) => resolve(folder)));
    for (const [folder, watcher] of watchers) {
      if (wanted.has(folder)) continue;
      watcher.close();
      watchers.delete(folder);
    }
    const added = [...wanted].filter((folder) => !watchers.has(folder));
    for (const folder of added) {
      try {
        const seen = (event, name) => {
          // What is written here is no reason to write it again.
          if (own === undefined || name === null || resolve(folder, name) !== resolve(own)) changed();
        };
        watchers.set(folder, watchFolder(folder, seen).on("error", changed));
      } catch (error) {
        // gone again
        if (error.code !== "ENOENT") throw error;
      }
    }
    return added.some((folder) => watchers.has(folder));
  }
  return new Promise((resolveCode, reject) => {
    next = async () => {
      try {
        // before the files are read, so that nothing is missed between
        while (await follow());
        await run();
        process.stderr.write("Watching; Ctrl-C ends it.\n");
      } catch (error) {
        reject(error);
      }
    };
    process.once("SIGINT", () => {
      for (const watcher of watchers.values()) watcher.close();
      resolveCode(0);
    });
    next();
  });
}
