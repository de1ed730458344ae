// openai-python in a process of its own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { answer, assembled, body } from "./wire.mjs";

const SCRIPT = fileURLToPath(new URL("openai_python.py", import.meta.url));

/** `python` is the interpreter that has the SDK. */
export function openaiPython(name, python) {
  let lines, child, last = Promise.resolve();
  const ask = async (command) => {
    if (!child) {
      child = spawn(python, [SCRIPT], { stdio: ["pipe", "pipe", "inherit"] });
      lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    }
    child.stdin.write(`${JSON.stringify(command)}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error("openai-python ended");
    const outcome = JSON.parse(value);
    if (outcome.failure) throw Object.assign(new Error(outcome.failure.message), outcome.failure, { python: true });
    return outcome.result;
  };
  // Outcomes come in the order of the commands.
  const run = (name, target, body) => {
    const next = last.catch(() => {}).then(() => ask({ do: name, target, body }));
    last = next;
    return next;
  };
  return {
    name,
    can: ["n", "schema", "models", "embeddings", "retries"],
    whole: async (target, request) => answer(await run("whole", target, body(request, false))),
    stream: async (target, request) => assembled(await run("stream", target, body(request, true))),
    helper: async (target, request) => answer(await run("helper", target, body(request, true))),
    models: (target) => run("models", target),
    embeddings: (target, input) => run("embeddings", target, input),
    failure: ({ status, code, type, message }) => ({ status, code, type, message }),
    async stop() {
      if (!child) return;
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}
