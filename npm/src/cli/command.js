// The command line. It finds files, asks the engine, and shows what it says; what is wrong with a prompt is not
// decided here.
import { parseArgs } from "node:util";
import { lintCommand } from "./lint.js";
import { nearest, Usage } from "./usage.js";
import { version } from "./version.js";

const HELP = `promptgate ${version}: lints prompts, templates and requests

  promptgate lint [FILES…]     files, folders or globs, by default all here; - reads the standard input
  promptgate explain [RULE]    what a rule does, and why; without one, all rules
  promptgate init              writes a configuration to begin with
  promptgate lsp               the language server, for editors
  promptgate tokens FILES…     exact token counts
  promptgate audit verify FILE whether an exported audit log is whole, else its first bad row
  promptgate audit key NAME    a key that signs its checkpoints
  promptgate sync FOLDER       brings a gateway's prompt templates up to date with a folder
  promptgate export FOLDER     writes a gateway's prompt templates into a folder
  promptgate label ACTION TEMPLATE
                               which version of a prompt template is production, staging, …; and back
  promptgate models ACTION FOLDER
                               export: models of a gateway into a folder; plan, apply: into another gateway
  promptgate keys ACTION       makes, lists, rotates and revokes a gateway's keys

promptgate COMMAND --help says more. It ends with 0 where nothing is wrong, 1 with findings, 2 where it was called
wrongly or failed.
`;

/** What is not for linting is loaded when it is asked for. */
const COMMANDS = {
  lint: async () => lintCommand,
  explain: async () => (await import("./explain.js")).explainCommand,
  init: async () => (await import("./init.js")).initCommand,
  lsp: async () => (await import("./lsp.js")).lspCommand,
  tokens: async () => (await import("./tokens.js")).tokensCommand,
  audit: async () => (await import("./audit.js")).auditCommand,
  sync: async () => (await import("./sync.js")).syncCommand,
  export: async () => (await import("./sync.js")).exportCommand,
  label: async () => (await import("./label.js")).labelCommand,
  models: async () => (await import("./models.js")).modelsCommand,
  keys: async () => (await import("./keys.js")).keysCommand,
};

async function main(args) {
  const [name, ...rest] = args;
  if (name === "--version" || name === "-V") return say(`${version}\n`);
  if (name === undefined) throw new Usage(HELP.trimEnd());
  if (name === "--help" || name === "-h" || name === "help") return say(HELP);
  if (!Object.hasOwn(COMMANDS, name)) throw new Usage(unknown("command", name, Object.keys(COMMANDS)));
  const command = await COMMANDS[name]();
  const { values, positionals } = parsed(command, rest);
  if (values.help) return say(command.help);
  return command.run(positionals, values);
}

function parsed({ options }, args) {
  try {
    return parseArgs({ args, options: { ...options, help: { type: "boolean", short: "h" } }, allowPositionals: true });
  } catch (error) {
    const option = /^Unknown option '--([^']+)'/.exec(error.message)?.[1];
    if (option === undefined) throw new Usage(error.message);
    throw new Usage(unknown("option", `--${option}`, [...Object.keys(options), "help"].map((known) => `--${known}`)));
  }
}

function unknown(what, name, known) {
  const near = nearest(name, known);
  return `There is no ${what} ${JSON.stringify(name)}: ${near ? `did you mean ${near}?` : `there are ${known.join(", ")}.`}`;
}

function say(text) {
  process.stdout.write(text);
  return 0;
}

/** Runs the command that the arguments name, and sets the exit code. */
export async function run() {
  // A reader that has seen enough (`| head`) is no failure.
  process.stdout.on("error", (error) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    // By name: what is loaded later has classes of its own.
    const known = ["Usage", "PromptgateError"].includes(error?.name);
    // What the file system refuses is told with the file, and not as a fault of the program.
    const refused = typeof error?.path === "string" && error.syscall ? `${error.path} cannot be ${error.syscall === "open" ? "opened" : "read or written"}: ${error.code}.` : undefined;
    process.stderr.write(`${refused ?? (known ? error.message : (error?.stack ?? error))}\n`);
    for (const fault of error?.errors ?? []) process.stderr.write(`  ${fault.path}: ${fault.message}\n`);
    process.exitCode = 2;
  }
}
