// openai-python in a process of its own.
import { interpreter } from "./interpreter.mjs";
import { answer, assembled, body } from "./wire.mjs";

/** `python` is the interpreter that has the SDK. */
export function openaiPython(name, python) {
  const { run, stop } = interpreter(python, "openai_python.py");
  return {
    name,
    can: ["n", "schema", "models", "embeddings", "retries"],
    whole: async (target, request) => answer(await run("whole", target, body(request, false))),
    stream: async (target, request) => assembled(await run("stream", target, body(request, true))),
    helper: async (target, request) => answer(await run("helper", target, body(request, true))),
    models: (target) => run("models", target),
    embeddings: (target, input) => run("embeddings", target, input),
    failure: ({ status, code, type, message }) => ({ status, code, type, message }),
    stop,
  };
}
