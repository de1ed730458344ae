// A thread of `promptgate lint`: an engine of its own, of the module that the main thread has compiled.
import { parentPort, workerData } from "node:worker_threads";
import { fix, init, lint } from "./engine.js";

await init(workerData.module);
parentPort.on("message", (documents) => {
  try {
    parentPort.postMessage({ answers: documents.map(({ text, settings, fixing }) => (fixing ? fix(text, settings) : { report: lint(text, settings) })) });
  } catch (error) {
    // An error's code does not survive the way between threads.
    const { name, code, message, stack } = error;
    parentPort.postMessage({ error: { name, code, message, stack } });
  }
});
