// The real engines of templates and documents, as one function: text and values in, what a model would be sent out.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Dotprompt } from "dotprompt";
import Handlebars from "handlebars";
import { Liquid } from "liquidjs";
import Mustache from "mustache";
import nunjucks from "nunjucks";
import { parse } from "yaml";

const dotprompt = new Dotprompt();
const liquid = new Liquid();
const front = (text) => /^---\n([^]*?\n)---\n/.exec(text);
const yaml = (text) => parse(text, { uniqueKeys: true });

/** By engine: `async (text, values) => string`; throws what the engine throws. Python's are in `python`. */
export const ENGINES = {
  nunjucks: async (text, values) => nunjucks.renderString(text, values),
  liquid: async (text, values) => liquid.parseAndRender(text, values),
  handlebars: async (text, values) => Handlebars.compile(text)(values),
  mustache: async (text, values) => Mustache.render(text, values),
  dotprompt: async (text, input) => JSON.stringify((await dotprompt.render(text, { input })).messages),
  // The message and what its prompts become.
  promptfoo: async (text, values) => yaml(text).prompts.map((prompt) => nunjucks.renderString(prompt, values)).join("\n"),
  yaml: async (text) => JSON.stringify(yaml(text)),
  json: async (text) => JSON.stringify(JSON.parse(text)),
  // Our own templates are rendered by the package; the document is what must stay.
  template: async (text) => {
    const { variables: _, ...document } = JSON.parse(text);
    return JSON.stringify(document);
  },
  // Front matter is YAML, and code in fences is code to the byte.
  markdown: async (text) => JSON.stringify([front(text) && yaml(front(text)[1]), text.match(/^```[^]*?^```/gm), text]),
};

/** What Python's engines say of `rows`, or undefined where there is no python3 with jinja2. */
export function python(rows) {
  const script = fileURLToPath(new URL("render.py", import.meta.url));
  const input = rows.map((row) => JSON.stringify(row)).join("\n");
  const { status, stdout } = spawnSync("python3", [script], { input, encoding: "utf8", maxBuffer: 1 << 28 });
  return status === 0 ? stdout.trimEnd().split("\n").map((line) => JSON.parse(line)) : undefined;
}

/** The template in a file of LangChain or Prompty, with its engine of Python. */
export const INSIDE = {
  langchainJson: (text) => ({ engine: "format", text: JSON.parse(text).template }),
  langchainYaml: (text) => ({ engine: "format", text: yaml(text).template }),
  prompty: (text) => {
    yaml(front(text)[1]);
    return { engine: "jinja", text: text.slice(front(text)[0].length) };
  },
  jinja: (text) => ({ engine: "jinja", text }),
};
