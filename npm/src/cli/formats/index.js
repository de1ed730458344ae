// How findings are written: `one` writes a document as soon as it is linted, as short as it can be, and `whole` gives the
// pieces of the report once all are, each document with what was `written` of it. A thousand reports as objects would be
// hundreds of megabytes.
import { indented, sarif } from "./sarif.js";
import { github } from "./github.js";
import { junit } from "./junit.js";
import { concise, pretty } from "./pretty.js";

const json = {
  one: ({ file, report, applied }) => JSON.stringify({ file, ...report, applied }),
  *whole(documents, summary) {
    yield `{\n  "summary": ${indented(summary, 1)},\n  "files": [`;
    for (const [at, { written }] of documents.entries()) yield `${at === 0 ? "" : ","}\n    ${indented(JSON.parse(written), 2)}`;
    yield documents.length === 0 ? "]\n}\n" : "\n  ]\n}\n";
  },
};

export const FORMATS = { pretty, concise, json, sarif, github, junit };
