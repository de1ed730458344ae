// Many documents at once, a thread for each core.
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";

/** So many characters go to a thread at a time: large enough to be few, small enough that all end together. */
const PART = 2 ** 18;
/** More threads than that wait for the disk and for memory: each engine holds some 20 MB. */
const MOST = 8;

/**
 * Calls `each` with the number of one of `documents` and the engine's answer, by the Wasm `module`, as soon as that is there:
 * `{ report }`, and where it is fixed `{ text, applied }`. Rejects with the first error.
 */
export function inThreads(documents, module, each) {
  const count = Math.min(availableParallelism(), MOST, documents.length);
  let next = 0;
  /** The numbers of the documents that go to a thread together. */
  const part = () => {
    const taken = [];
    for (let size = 0; next < documents.length && size < PART; next++) {
      taken.push(next);
      size += documents[next].text.length;
    }
    return taken;
  };
  const threads = Array.from({ length: count }, () => new Worker(new URL("thread.js", import.meta.url), { workerData: { module } }));
  const work = (thread) => new Promise((resolve, reject) => {
    let taken = part();
    const send = () => (taken.length === 0 ? resolve() : thread.postMessage(taken.map((at) => documents[at])));
    thread.on("error", reject);
    thread.on("message", ({ answers: given, error }) => {
      if (error) return reject(Object.assign(new Error(error.message), error));
      const done = taken;
      // the thread goes on meanwhile
      taken = part();
      send();
      try {
        done.forEach((at, index) => each(at, given[index]));
      } catch (error) {
        reject(error);
      }
    });
    send();
  });
  return Promise.all(threads.map(work)).finally(() => Promise.all(threads.map((thread) => thread.terminate())));
}
