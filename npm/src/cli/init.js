// `promptgate init`: a configuration to begin with.
import { existsSync, writeFileSync } from "node:fs";
import { Usage } from "./usage.js";

const BEGINNING = {
  $schema: "./node_modules/promptgate/dist/schema.json",
  rules: {},
  exclude: ["**/fixtures/**"],
  overrides: [],
};

export const initCommand = {
  help: `promptgate init

Writes promptgate.json into the working folder, with what can be set.
`,
  options: {},
  run(names) {
    if (names.length > 0) throw new Usage("`init` takes no files.");
    if (existsSync("promptgate.json")) throw new Usage("promptgate.json exists already.");
    writeFileSync("promptgate.json", `${JSON.stringify(BEGINNING, null, 2)}\n`);
    process.stdout.write("promptgate.json is written. promptgate lint reads it.\n");
    return 0;
  },
};
