// `promptgate lint`: files in, findings out.
import { closeSync, existsSync, openSync, writeFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { readBaseline, without, writeBaseline } from "./baseline.js";
import { Configurations } from "./config.js";
import { fix, lint, module } from "./engine.js";
import { decode, find, folders, input, listed, read } from "./files.js";
import { FORMATS } from "./formats/index.js";
import { asSarif } from "./formats/sarif.js";
import { top } from "./git.js";
import { chosen, narrowed } from "./select.js";
import { Terminal } from "./terminal.js";
import { nearest, Usage } from "./usage.js";

export const lintCommand = {
  help: `promptgate lint [FILES…] [options]

FILES are files, folders (the prompts in them, by their endings: txt, md, mdc, prompt, prompty, j2, jinja, njk, hbs,
mustache, json, jsonc, yaml, yml and their like; also in .github, .claude, .cursor, .windsurf), globs, globs to leave out
("!drafts/**"), or - for the standard input; by default the working folder. Of folders and globs node_modules and what
git ignores is left out.

  --format FORMAT         ${Object.keys(FORMATS).join(", ")};
                          by default pretty, and github where GITHUB_ACTIONS is set
  --output-file FILE      writes what is found there
  --quiet                 shows errors alone
  --statistics            shows how often each rule finds something, and nothing else
  --select RULES          these rules alone: codes, beginnings of codes, names, between commas
  --ignore RULES          without these
  --fix                   fixes what can be fixed without changing the meaning
  --unsafe-fixes          mends that which a person should look at afterwards, too
  --diff                  shows what --fix would change, and changes nothing
  --max-warnings N        more warnings than that are a failure; by default warnings are none
  --exit-zero             findings are no failure
  --baseline FILE         leaves out what is known there; --write-baseline writes it
  --cache                 keeps reports of files that have not changed in .promptgate-cache.json
  --config FILE           the configuration of all files
  --show-files            lists the files that would be linted
  --stdin-filename NAME   what the standard input is called
  --watch                 lints again whenever a file changes

Ends with 1 where there are errors, or more warnings than that; with --diff where there is something to fix.
The configuration of a file is the nearest promptgate.json, or package.json with a key "promptgate", upwards.
Colours: FORCE_COLOR and NO_COLOR are heeded.
`,
  options: {
    format: { type: "string" },
    "output-file": { type: "string" },
    quiet: { type: "boolean", default: false },
    statistics: { type: "boolean", default: false },
    select: { type: "string", multiple: true },
    ignore: { type: "string", multiple: true },
    fix: { type: "boolean", default: false },
    "unsafe-fixes": { type: "boolean", default: false },
    diff: { type: "boolean", default: false },
    "max-warnings": { type: "string" },
    "exit-zero": { type: "boolean", default: false },
    baseline: { type: "string" },
    "write-baseline": { type: "boolean", default: false },
    cache: { type: "boolean", default: false },
    config: { type: "string" },
    "show-files": { type: "boolean", default: false },
    "stdin-filename": { type: "string" },
    watch: { type: "boolean", default: false },
  },
  async run(given, values) {
    const patterns = given.length > 0 ? given : ["."];
    const options = checked(patterns, values);
    if (!values.watch) return once(patterns, options);
    const { watch } = await import("./watch.js");
    return watch(() => folders(patterns), async () => {
      try {
        await once(patterns, options);
      } catch (error) {
        if (!(error instanceof Usage)) throw error;
        process.stderr.write(`${error.message}\n`);
      }
    }, options.output);
  },
};

function checked(patterns, values) {
  const format = values.format ?? (process.env.GITHUB_ACTIONS === "true" ? "github" : "pretty");
  if (!Object.hasOwn(FORMATS, format)) {
    const near = nearest(format, Object.keys(FORMATS));
    throw new Usage(`There is no format ${JSON.stringify(format)}: ${near ? `did you mean ${near}? There are` : "there are"} ${Object.keys(FORMATS).join(", ")}.`);
  }
  const most = values["max-warnings"];
  if (most !== undefined && !/^\d+$/.test(most)) throw new Usage("--max-warnings takes a whole number.");
  const stdin = patterns.includes("-");
  if (stdin && patterns.length > 1) throw new Usage("`-` must be the only input.");
  if (stdin && values.watch) throw new Usage("The standard input cannot be watched.");
  if (!stdin && values["stdin-filename"] !== undefined) throw new Usage("--stdin-filename names what is read from -.");
  for (const other of ["diff", "write-baseline"]) if (values.watch && values[other]) throw new Usage(`Either --watch or --${other}.`);
  if (values["write-baseline"] && values.baseline === undefined) throw new Usage("Name the file: --baseline FILE --write-baseline.");
  const list = (texts) => texts?.flatMap((text) => text.split(",").map((one) => one.trim()).filter(Boolean));
  const [select, ignore] = [list(values.select), list(values.ignore)];
  // Nothing would be looked for, and everything would pass.
  if (select?.length === 0) throw new Usage("--select names no rule.");
  // said once, and before any file is read
  if (select !== undefined || ignore !== undefined) chosen(select, ignore);
  return {
    name: format,
    format: FORMATS[format],
    output: values["output-file"],
    quiet: values.quiet,
    statistics: values.statistics,
    select,
    ignore,
    fixing: values.fix || values["unsafe-fixes"] || values.diff,
    unsafe: values["unsafe-fixes"],
    diff: values.diff,
    mostWarnings: most === undefined ? Infinity : Number(most),
    zero: values["exit-zero"],
    baseline: values.baseline,
    writeBaseline: values["write-baseline"],
    cache: values.cache,
    config: values.config,
    showFiles: values["show-files"],
    stdin,
    stdinName: values["stdin-filename"] ?? "<stdin>",
  };
}

/** From so many characters on threads are worth their start: what one thread lints in about half a second. */
const WORTH = 2 ** 22;

/** One look at all files. Gives the exit code. */
async function once(patterns, options) {
  const configurations = new Configurations(options.config);
  const { files, skipped, missing } = options.stdin ? { files: [options.stdinName], skipped: new Map(), missing: [] } : await find(patterns);
  for (const message of missing) process.stderr.write(`${message}\n`);
  const chosenBy = new Map();
  const cache = options.cache ? new (await import("./cache.js")).Cache() : undefined;
  const documents = [];
  const said = new Set();
  let failed = missing.length;
  for (const file of files) {
    try {
      const settings = configurations.of(file);
      if (settings.excluded && !options.stdin) continue;
      const baseline = options.baseline ?? settings.baseline;
      if (baseline !== undefined && resolve(file) === resolve(baseline)) continue;
      if (options.showFiles) {
        process.stdout.write(`${file}\n`);
        continue;
      }
      const text = decode(options.stdin ? await input() : read(file), file);
      const key = JSON.stringify([options.select ?? settings.select, [...(settings.ignore ?? []), ...(options.ignore ?? [])]]);
      if (!chosenBy.has(key)) chosenBy.set(key, chosen(...JSON.parse(key).map((one) => one ?? undefined)));
      const wanted = chosenBy.get(key);
      const config = options.fixing ? narrowed(settings.config, wanted) : settings.config;
      documents.push({ file, text, wanted, settings: { file, config }, baseline });
    } catch (error) {
      // One file that cannot be read keeps nobody from the others.
      if (!(error instanceof Usage) || options.stdin || error.errors) throw error;
      // nor does what is wrong with a configuration of many files need many lines
      if (!said.has(error.message)) process.stderr.write(`${error.message}\n`);
      said.add(error.message);
      failed += 1;
    }
  }
  if (options.showFiles) return failed > 0 ? 2 : 0;
  if (skipped.size > 0 && options.name === "pretty") {
    const count = [...skipped.values()].reduce((sum, one) => sum + one, 0);
    process.stderr.write(`${count} ${count === 1 ? "file" : "files"} of other kinds skipped: ${listed(skipped)}.\n`);
  }
  const [path, out] = [await address(options), options.fixing && options.stdin ? process.stderr : process.stdout];
  const terminal = new Terminal(options.output === undefined ? out : {});
  const baselines = new Map();
  const done = (document) => {
    look(document, options, cache, baselines);
    settle(document, options, path, terminal);
  };
  const asLog = options.name === "sarif" && !options.fixing && !options.writeBaseline;
  if (asLog) asSarif(documents, path, done);
  else await shared(documents, options, cache, done);
  for (const document of documents) if (document.summary === undefined) done(document);
  cache?.write();
  if (options.writeBaseline) {
    writeBaseline(options.baseline, documents);
    process.stderr.write(`${options.baseline} is written.\n`);
    return 0;
  }
  const code = options.diff ? await differences(documents) : findings(documents, options, terminal, out);
  return failed > 0 ? 2 : options.zero ? 0 : code;
}

/** Has many documents looked at by threads, where they are worth it. */
async function shared(documents, { fixing, unsafe }, cache, done) {
  const open = documents.filter((document) => fixing || cache?.get(document) === undefined);
  if (open.reduce((sum, { text }) => sum + text.length, 0) < WORTH) return;
  const asked = open.map(({ text, settings }) => ({ text, fixing, settings: fixing ? { ...settings, unsafe } : settings }));
  const { inThreads } = await import("./threads.js");
  await inThreads(asked, module(), (at, answer) => {
    open[at].answer = answer;
    done(open[at]);
  });
}

/** Keeps of a document that was looked at what is needed of it, and lets the rest go. */
function settle(document, { quiet, statistics, writeBaseline, diff, format, fixing }, path, terminal) {
  const { report } = document;
  document.summary = report.summary;
  if (statistics || writeBaseline) {
    document.found = report.findings.map(({ code, name, severity }) => ({ code, name, severity }));
  } else if (!diff) {
    const findings = quiet ? report.findings.filter(({ severity }) => severity === "error") : report.findings;
    document.shown = findings.length;
    document.failures = findings.filter(({ severity }) => severity !== "info").length;
    document.written = format.one({ ...document, file: path(document.file), report: { ...report, findings } }, terminal);
  }
  document.report = document.answer = undefined;
  if (!fixing) document.text = undefined;
}

/** Lints one document, or fixes it. */
function look(document, options, cache, baselines) {
  const { text, settings, wanted } = document;
  if (options.fixing) {
    const { text: after, applied, report } = document.answer ?? fix(text, { ...settings, unsafe: options.unsafe });
    Object.assign(document, { before: text, text: after, applied, report });
  } else if (document.report === undefined) {
    document.report = document.answer?.report ?? cache?.get(document) ?? lint(text, settings);
    cache?.set(document);
  }
  const file = options.writeBaseline ? undefined : document.baseline;
  if (!baselines.has(file)) baselines.set(file, file === undefined ? {} : readBaseline(file));
  const all = document.report.findings;
  const shown = without(baselines.get(file), document.file, all.filter(({ code }) => wanted(code)));
  if (shown.length === all.length) return;
  const count = (severity) => shown.filter((finding) => finding.severity === severity).length;
  const summary = {
    errors: count("error"), warnings: count("warning"), infos: count("info"),
    fixable: shown.filter(({ fix }) => fix?.safe).length, omitted: document.report.summary.omitted,
  };
  document.report = { ...document.report, summary, findings: shown };
}

function findings(documents, options, terminal, out) {
  if (options.fixing) {
    // The text is the output then.
    if (options.stdin) process.stdout.write(documents[0].text);
    else for (const { file, before, text } of documents) if (text !== before) writeFileSync(file, text);
  }
  const summary = total(documents);
  const pieces = options.statistics ? [statistics(documents)] : options.format.whole(documents, summary, terminal);
  if (options.output === undefined) {
    for (const piece of pieces) out.write(piece);
  } else {
    const file = openSync(options.output, "w");
    for (const piece of pieces) writeFileSync(file, piece);
    closeSync(file);
  }
  return summary.errors > 0 || summary.warnings > options.mostWarnings ? 1 : 0;
}

/** How a file is called in a report: in those for code hosts by its path in the repository. */
async function address({ name }) {
  if (name !== "github" && name !== "sarif") return (file) => file;
  const root = await top();
  return (file) => {
    const path = existsSync(file) ? relative(root, resolve(file)).replaceAll("\\", "/") : file;
    return path.startsWith("../") ? file : path;
  };
}

function statistics(documents) {
  const counts = new Map();
  for (const { found } of documents) {
    for (const { code, name, severity } of found) {
      const row = counts.get(`${code} ${severity}`) ?? { code, name, severity, count: 0 };
      counts.set(`${code} ${severity}`, { ...row, count: row.count + 1 });
    }
  }
  const rows = [...counts.values()].sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1));
  return rows.map(({ code, name, severity, count }) => `${String(count).padStart(6)}  ${code}  ${severity.padEnd(7)}  ${name}\n`).join("");
}

function total(documents) {
  const summary = { files: documents.length, errors: 0, warnings: 0, infos: 0, fixable: 0, omitted: 0, fixed: 0 };
  for (const { summary: one, applied } of documents) {
    for (const name of Object.keys(one)) summary[name] += one[name];
    summary.fixed += applied?.length ?? 0;
  }
  return summary;
}

async function differences(documents) {
  const { createTwoFilesPatch } = await import("diff");
  const changed = documents.filter(({ before, text }) => text !== before);
  for (const { file, before, text } of changed) {
    process.stdout.write(createTwoFilesPatch(`a/${file}`, `b/${file}`, before, text, "", "", { headerOptions: undefined }).replace(/^=+\n/, ""));
  }
  return changed.length > 0 ? 1 : 0;
}
