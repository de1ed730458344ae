// How findings are written: each format is a function of the documents, their summary and the terminal.
import { sarif } from "./sarif.js";
import { github } from "./github.js";
import { junit } from "./junit.js";
import { concise, pretty } from "./pretty.js";

export const FORMATS = {
  pretty,
  concise,
  json: (documents, summary) => {
    const files = documents.map(({ file, report, applied }) => ({ file, ...report, applied }));
    return `${JSON.stringify({ summary, files }, null, 2)}\n`;
  },
  sarif,
  github,
  junit,
};
