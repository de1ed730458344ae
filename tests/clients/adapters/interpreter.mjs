// A client in Python, in a process of its own: a command a line in, its outcome a line out.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** `python` is the interpreter that has the client, `script` the file beside this one that drives it: `{ run, stop }`. */
export function interpreter(python, script) {
  let lines, child, last = Promise.resolve();
  const ask = async (command) => {
    if (!child) {
      child = spawn(python, [fileURLToPath(new URL(script, import.meta.url))], { stdio: ["pipe", "pipe", "inherit"] });
      lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    }
    child.stdin.write(`${JSON.stringify(command)}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(`${script} ended`);
    const outcome = JSON.parse(value);
    if (outcome.failure) throw Object.assign(new Error(outcome.failure.message), outcome.failure, { python: true });
    return outcome.result;
  };
  return {
    /** Outcomes come in the order of the commands. */
    run(name, target, body) {
      const next = last.catch(() => {}).then(() => ask({ do: name, target, body }));
      last = next;
      return next;
    },
    async stop() {
      if (!child) return;
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}
