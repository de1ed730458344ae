// `promptgate explain`: a rule's documentation.
import { explain, rules } from "../node.js";
import { Usage } from "./usage.js";

export const explainCommand = {
  help: `promptgate explain [CODE]

What the rule does, why what it finds is bad, and an example, as markdown. Without a code: all rules.
`,
  options: {},
  run(codes) {
    if (codes.length > 1) throw new Usage("`explain` takes one code.");
    process.stdout.write(codes.length === 1 ? `${explain(codes[0]).trimEnd()}\n` : list());
    return 0;
  },
};

function list() {
  const all = rules();
  const width = Math.max(...all.map(({ name }) => name.length));
  return all.map(({ code, name, severity, summary }) => `${code}  ${name.padEnd(width)}  ${severity.padEnd(7)}  ${summary}\n`).join("");
}
