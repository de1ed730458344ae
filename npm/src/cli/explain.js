// `promptgate explain`: a rule's documentation.
import { explain, rules } from "./engine.js";
import { nearest, Usage } from "./usage.js";

export const explainCommand = {
  help: `promptgate explain [RULE]

What the rule does, why what it finds is bad, and an example, as markdown. A rule is a code or a name. Without one: all rules.
`,
  options: {},
  run(codes) {
    if (codes.length > 1) throw new Usage("`explain` takes one code.");
    process.stdout.write(codes.length === 1 ? `${explain(code(codes[0])).trimEnd()}\n` : list());
    return 0;
  },
};

/** The code of a rule that is named, or written in small letters. */
function code(rule) {
  const all = rules();
  const found = all.find(({ code, name }) => name === rule || code === rule.toUpperCase());
  if (found) return found.code;
  const near = nearest(rule, all.flatMap(({ code, name }) => [code, name]));
  throw new Usage(`There is no such rule${near ? `: did you mean ${near}?` : "; promptgate explain lists all."}`);
}

function list() {
  const all = rules();
  const width = Math.max(...all.map(({ name }) => name.length));
  return all.map(({ code, name, severity, summary }) => `${code}  ${name.padEnd(width)}  ${severity.padEnd(7)}  ${summary}\n`).join("");
}
