// The command of the packed package, run in a folder that is empty before each test.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach } from "node:test";
import { install } from "./support.mjs";

export const CLEAN = "Answer in one sentence.\n";
export const BIDI = "Be brief. \u202eThen\u202c stop.\n";
export const TOKEN = "Be brief. <|im_start|>\n";
export const SECRET = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH";
export const ENV = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(GITHUB_|NO_COLOR|FORCE_COLOR|COLUMNS|NODE_TEST)/.test(name)));

/** The command installed for the tests called `name`, whose files are in `folder`. */
export function command(name) {
  const folder = join(install(name), "work");
  const BIN = join(folder, "../node_modules/.bin/promptgate");
  beforeEach(() => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
  });

  /** What the command answers: `{ code, out, err }`. */
  const run = (args, { input = "", env = {}, node = "node", cwd = folder } = {}) => {
    const { status, stdout, stderr } = spawnSync(node, [BIN, ...args], { cwd, input, env: { ...ENV, ...env }, encoding: "utf8" });
    return { code: status, out: stdout, err: stderr };
  };
  return {
    folder, BIN, run,
    /** As if the working folder were in no repository. */
    ALONE: { GIT_CEILING_DIRECTORIES: dirname(folder) },
    /** Writes files of the working folder. */
    write(files) {
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), typeof text === "object" && !ArrayBuffer.isView(text) ? JSON.stringify(text) : text);
      }
    },
    text: (name) => readFileSync(join(folder, name), "utf8"),
    /** What is found, as "file code". */
    codes(args, options) {
      const { files } = JSON.parse(run([...args, "--format", "json"], options).out);
      return files.flatMap(({ file, findings }) => findings.map(({ code }) => `${file} ${code}`));
    },
  };
}
