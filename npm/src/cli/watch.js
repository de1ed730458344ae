// Runs again whenever a file changes, until interrupted.
import { watch as watchFolder } from "node:fs";
import { dirname, resolve } from "node:path";

/** How long to wait for what is written together, in milliseconds. */
const SETTLE = 50;

/** Calls `run`, which gives the files it has looked at, and again when something changes in their folders. */
export function watch(run) {
  let next;
  const watchers = new Map();
  let timer;
  const changed = () => {
    clearTimeout(timer);
    timer = setTimeout(next, SETTLE);
  };
  return new Promise((resolveCode, reject) => {
    next = async () => {
      try {
        const folders = new Set(["", ...await run()].map((file) => (file === "" ? resolve() : dirname(resolve(file)))));
        for (const [folder, watcher] of watchers) {
          if (folders.has(folder)) continue;
          watcher.close();
          watchers.delete(folder);
        }
        for (const folder of folders) {
          if (!watchers.has(folder)) watchers.set(folder, watchFolder(folder, changed).on("error", changed));
        }
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
