// `promptgate lint`: files in, findings out.
import { writeFileSync } from "node:fs";
import { createTwoFilesPatch } from "diff";
import { fix, lint, loadVocabulary } from "../node.js";
import { Configurations } from "./config.js";
import { decode, find, folders, input, read } from "./files.js";
import { FORMATS } from "./formats/index.js";
import { Terminal } from "./terminal.js";
import { Usage } from "./usage.js";
import { watch } from "./watch.js";

export const lintCommand = {
  help: `promptgate lint FILES… [options]

FILES are files, folders (the prompts in them: ${"json, txt, md, prompt, tmpl, hbs, mustache"}), globs, globs to leave
out ("!drafts/**"), or - for the standard input. Of folders and globs node_modules and what git ignores is left out.

  --format FORMAT         ${Object.keys(FORMATS).join(", ")};
                          by default pretty, and github where GITHUB_ACTIONS is set
  --fix                   mends what can be mended without changing what was meant
  --unsafe-fixes          mends that which a person should look at afterwards, too
  --diff                  shows what would be mended and changes nothing
  --max-warnings N        that many warnings are no failure (0)
  --stdin-filename NAME   what the standard input is called
  --watch                 lints again whenever a file changes

Ends with 1 where there are errors, or more warnings than that; with --diff where there is something to mend.
The configuration of a file is the nearest promptgate.json, or package.json with a key "promptgate", upwards.
Colours: FORCE_COLOR and NO_COLOR are heeded.
`,
  options: {
    format: { type: "string" },
    fix: { type: "boolean", default: false },
    "unsafe-fixes": { type: "boolean", default: false },
    diff: { type: "boolean", default: false },
    "max-warnings": { type: "string", default: "0" },
    "stdin-filename": { type: "string" },
    watch: { type: "boolean", default: false },
  },
  async run(patterns, values) {
    const options = checked(patterns, values);
    await Promise.all(["cl100k_base", "o200k_base"].map(loadVocabulary));
    if (!values.watch) return once(patterns, options);
    return watch(() => folders(patterns), async () => {
      try {
        await once(patterns, options);
      } catch (error) {
        if (!(error instanceof Usage)) throw error;
        process.stderr.write(`${error.message}\n`);
      }
    });
  },
};

function checked(patterns, values) {
  const format = values.format ?? (process.env.GITHUB_ACTIONS === "true" ? "github" : "pretty");
  if (!Object.hasOwn(FORMATS, format)) throw new Usage(`There is no format ${JSON.stringify(format)}: there are ${Object.keys(FORMATS).join(", ")}.`);
  if (!/^\d+$/.test(values["max-warnings"])) throw new Usage("--max-warnings takes a whole number.");
  if (patterns.length === 0) throw new Usage("Say what to lint: promptgate lint FILES…");
  const stdin = patterns.includes("-");
  if (stdin && patterns.length > 1) throw new Usage("- stands alone.");
  if (stdin && values.watch) throw new Usage("The standard input cannot be watched.");
  if (!stdin && values["stdin-filename"] !== undefined) throw new Usage("--stdin-filename names what is read from -.");
  if (values.watch && values.diff) throw new Usage("Either --watch or --diff.");
  return {
    format: FORMATS[format],
    mend: values.fix || values["unsafe-fixes"] || values.diff,
    unsafe: values["unsafe-fixes"],
    diff: values.diff,
    mostWarnings: Number(values["max-warnings"]),
    stdin,
    stdinName: values["stdin-filename"] ?? "<stdin>",
  };
}

/** One look at all files. Gives the exit code. */
async function once(patterns, options) {
  const configurations = new Configurations();
  const files = options.stdin ? [options.stdinName] : await find(patterns);
  const documents = [];
  let unreadable = 0;
  for (const file of files) {
    try {
      const text = decode(options.stdin ? await input() : read(file), file);
      const settings = { file, config: configurations.of(file) };
      documents.push({ file, settings, text, ...(options.mend ? mended(text, settings, options) : { report: lint(text, settings) }) });
    } catch (error) {
      // One file that cannot be read keeps nobody from the others.
      if (!(error instanceof Usage) || options.stdin || error.errors) throw error;
      process.stderr.write(`${error.message}\n`);
      unreadable += 1;
    }
  }
  const code = options.diff ? differences(documents) : findings(documents, options);
  return unreadable > 0 ? 2 : code;
}

function mended(text, settings, { unsafe }) {
  const { text: after, applied, report } = fix(text, { ...settings, unsafe });
  return { before: text, text: after, applied, report };
}

function findings(documents, options) {
  let out = process.stdout;
  if (options.mend) {
    if (options.stdin) {
      // The text is the output then.
      process.stdout.write(documents[0].text);
      out = process.stderr;
    } else {
      for (const { file, before, text } of documents) if (text !== before) writeFileSync(file, text);
    }
  }
  const summary = total(documents);
  out.write(options.format(documents, summary, new Terminal(out)));
  return summary.errors > 0 || summary.warnings > options.mostWarnings ? 1 : 0;
}

function total(documents) {
  const summary = { files: documents.length, errors: 0, warnings: 0, infos: 0, fixable: 0, omitted: 0, fixed: 0 };
  for (const { report, applied } of documents) {
    for (const name of Object.keys(report.summary)) summary[name] += report.summary[name];
    summary.fixed += applied?.length ?? 0;
  }
  return summary;
}

function differences(documents) {
  const changed = documents.filter(({ before, text }) => text !== before);
  for (const { file, before, text } of changed) {
    process.stdout.write(createTwoFilesPatch(`a/${file}`, `b/${file}`, before, text, "", "", { headerOptions: undefined }).replace(/^=+\n/, ""));
  }
  return changed.length > 0 ? 1 : 0;
}
