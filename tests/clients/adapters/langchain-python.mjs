// LangChain's ChatOpenAI for Python, in a process of its own.
import { interpreter } from "./interpreter.mjs";
import { body } from "./wire.mjs";

/** `python` is the interpreter that has it. */
export function langchainPython(name, python) {
  const { run, stop } = interpreter(python, "langchain_python.py");
  return {
    name,
    can: ["schema", "embeddings", "retries"],
    whole: (target, request) => run("whole", target, body(request, false)),
    stream: (target, request) => run("stream", target, body(request, true)),
    embeddings: (target, input) => run("embeddings", target, input),
    failure: ({ status, code, type, message }) => ({ status, code, type, message }),
    stop,
  };
}
