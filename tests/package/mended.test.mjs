// `promptgate lint --fix` on 500 generated files of fourteen formats: each still parses in its own real engine, and says the
// same for the same values, but for the characters that nobody sees.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { ENGINES, INSIDE, python } from "./engines/render.mjs";
import { install } from "./support.mjs";

const FILES = 500;
const home = install("mended");
const folder = join(home, "work");
const seed = Number(process.env.SEED ?? randomInt(2 ** 31));
let state = seed;
const random = (below) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
const pick = (list) => list[random(list.length)];

const VALUES = { name: "Jo & Co", topic: "tea <green>", items: [{ title: "a" }, { title: "b" }], vip: true, order: { id: 7 } };
/** What a fix may take away: overrides, tags, characters without a width. */
const HIDDEN = ["\u202e", "\u2066", "\u200b", "\u2060", "\u{e0069}"];
const invisible = new RegExp(`[${HIDDEN.join("")}\u202c\u2069]`, "gu");
const seen = (text) => text.replace(invisible, "").replace(/\\u202[ec]|\\u206[069]|\\u200b|\\udb40\\udc69/g, "");
const sentence = () => `${pick(["Be brief", "Use short words", "Réponds vite", "Antworte höflich", "Never guess"])}${chance() ? pick(HIDDEN) : ""}${pick([".", "!", ", please."])}`;
const chance = () => random(2) === 0;
const prose = () => Array.from({ length: 1 + random(4) }, sentence).join(pick([" ", "\n"]));
const quoted = (text) => JSON.stringify(text);
const indented = (text, by) => text.split("\n").map((line) => (line === "" ? line : by + line)).join("\n");

const jinja = () => `${prose()}\n${pick(["Write about {{ topic }}.", "{% if vip %}Dear {{ name | upper }}{% else %}Hello{% endif %}", "{% for item in items %}- {{ item.title }}\n{% endfor %}", "{# {{ note }} #}{{ order.id }}", "{% raw %}{{ x }}{% endraw %} {{ name }}", "Answer as {\"a\": {\"b\": 1}} to {{ name }}."])}\n${prose()}\n`;
const handlebars = () => `${prose()}\n${pick(["Write about {{topic}}.", "{{#if vip}}Dear {{{name}}}{{else}}Hello{{/if}}", "{{#each items}}- {{title}}\n{{/each}}", "{{! note }}{{order.id}}", "{{!-- {{x}} --}}{{name}}", "Answer as {\"a\": 1} to {{name}}."])}\n${prose()}\n`;
const format = () => `${prose()}\n${pick(["Write about {topic}.", "Dear {name!s:>10}, answer as {{\"a\": 1}}.", "{order[id]} of {items[0][title]}"])}\n${pick(["", "Answer as {\"answer\": \"text\"}.\n", "[{\"id\": 1}, {\"id\": 2}]\n"])}`;
const unused = () => (chance() ? ["never_used"] : []);

/** By format: the engine, the file's name, and its text. */
const FORMATS = {
  jinja: () => ["jinja", "a.j2", jinja()],
  nunjucks: () => ["nunjucks", "a.njk", jinja().replace("[0]", "")],
  liquid: () => ["liquid", "a.liquid", `${prose()}\n${pick(["{{ topic | upcase }}", "{% for item in items %}{{ item.title }}{% endfor %}", "{% unless vip %}a{% else %}b{% endunless %}", "{% assign x = name %}{{ x }}", "{% raw %}{{ x }}{% endraw %}", "{% comment %} {% endcomment %}{{ order.id }}"])}\n${prose()}\n`],
  handlebars: () => ["handlebars", "a.hbs", handlebars()],
  mustache: () => ["mustache", "a.mustache", `${prose()}\n${pick(["{{topic}}", "{{#items}}{{{title}}}{{/items}}", "{{^gone}}none{{/gone}}{{! x }}", "{{=<% %>=}}<% name %>"])}\n`],
  dotprompt: () => ["dotprompt", "a.prompt", `---\nmodel: a/b\ninput:\n  schema:\n    name: string\n    topic: string\n${unused().map((name) => `    ${name}: string\n`).join("")}---\n{{role "system"}}\n${prose()}\n{{role "user"}}\n{{name}} {{topic}}\n`],
  prompty: () => ["prompty", "a.prompty", `---\nname: ask\ninputs:\n  name:\n    type: string\n  topic:\n    type: string\n${unused().map((name) => `  ${name}:\n    type: string\n`).join("")}---\nsystem:\n${prose()}\n\nuser:\n{{name}} {{topic}}\n`],
  langchainJson: () => ["langchainJson", "lc.json", JSON.stringify({ _type: "prompt", input_variables: ["name", "topic", ...unused()], template: `{name} {topic}\n${format()}` }, null, pick([0, 2]))],
  langchainYaml: () => ["langchainYaml", "lc.yaml", `_type: prompt\ninput_variables: [name, topic]\ntemplate: |\n${indented(`{name} {topic}\n${format()}`, "  ")}`],
  promptfoo: () => ["promptfoo", "promptfooconfig.yaml", `prompts:\n  - |\n${indented(`{{name}} {{topic}}\n${prose()}`, "    ")}\n  - ${quoted(`Write ${sentence()} {{topic}}`)}\ntests:\n  - vars: {name: Jo, topic: tea}\n`],
  yaml: () => ["yaml", "prompts.yaml", `system_prompt: |\n${indented(prose(), "  ")}\nuser_prompt: ${quoted(prose())}\nfolded: >-\n${indented(prose(), "  ")}\n`],
  openai: () => ["json", "request.json", JSON.stringify({ model: "gpt-4o", temperature: 1, messages: [{ role: "system", content: prose() }, { role: "user", content: `${prose()} {a: 1} {{b}}` }] }, null, pick([0, 2])).replace("\u202e", pick(["\u202e", "\\u202e"]))],
  template: () => ["template", "greeting.json", JSON.stringify({ name: "greeting", system_instruction: prose(), user_template: `${prose()} <m-{{nonce}}>{{name}}</m-{{nonce}}>`, variables: [{ name: "name", max_length: 40 }, { name: "nonce", max_length: 32, trusted: true }, ...unused().map((name) => ({ name, max_length: 5 }))] }, null, 2)],
  markdown: () => ["markdown", "SKILL.md", `---\nname: work\ndescription: ${pick(["Does it.", "'Does: it'"])}\n---\n\n# Views\n\n${prose()}\n\n\`\`\`ts\nimport { View } from 'a'\nconst x = { b: \`\${c}\` };\n\`\`\`\n\nUse \`{name}\` and {{name}}.\n`],
};

test("what is mended parses in its own engine and says the same", async (t) => {
  t.diagnostic(`SEED=${seed}`);
  rmSync(folder, { recursive: true, force: true });
  const kinds = Object.entries(FORMATS);
  const documents = Array.from({ length: FILES }, (_, at) => {
    const [kind, make] = kinds[at % kinds.length];
    const [engine, name, before] = make();
    const file = kind === "markdown" ? `${at}/work/${name}` : `${at}/${name}`;
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), before);
    return { kind, engine, file, before };
  });
  const bin = join(home, "node_modules/.bin/promptgate");
  const { stderr } = spawnSync("node", [bin, "lint", "--fix", "--exit-zero", "--output-file", "../report.txt", "."], { cwd: folder, encoding: "utf8", env: { ...process.env, GIT_CEILING_DIRECTORIES: home } });
  assert.equal(stderr, "");
  for (const document of documents) document.after = readFileSync(join(folder, document.file), "utf8");
  const changed = documents.filter(({ before, after }) => before !== after);
  t.diagnostic(`${changed.length} of ${FILES} files are changed`);
  for (const [kind] of kinds) assert.ok(changed.some((document) => document.kind === kind), `no file of ${kind} is changed`);

  const rows = documents.filter(({ engine }) => INSIDE[engine]).flatMap(({ engine, before, after }) => [before, after].map((text) => ({ ...INSIDE[engine](text), values: VALUES })));
  const answers = python(rows);
  if (answers === undefined) t.diagnostic("SKIPPED Jinja, Prompty and LangChain: there is no python3 with jinja2 here");
  let broken = 0;
  for (const { engine, file, before, after } of documents) {
    let rendered;
    if (INSIDE[engine]) {
      if (answers === undefined) continue;
      rendered = answers.splice(0, 2);
    } else {
      const said = async (text) => {
        try {
          return { out: await ENGINES[engine](text, VALUES) };
        } catch (error) {
          return { error: error.message };
        }
      };
      rendered = [await said(before), await said(after)];
    }
    const [{ out: was, error }, { out: is, error: fault }] = rendered;
    assert.equal(fault, undefined, `${file} does not parse any more:\n${before}\n---\n${after}`);
    if (error !== undefined) {
      // Samples of JSON in `str.format`: fixed they are what they look like.
      assert.ok(engine.startsWith("langchain"), `${file} was never right: ${error}\n${before}`);
      broken += 1;
      const { text } = INSIDE[engine](before);
      for (const sample of ['{"answer": "text"}', '[{"id": 1}, {"id": 2}]']) assert.equal(is.includes(sample), text.includes(sample), `${file}\n${is}`);
    } else {
      assert.equal(seen(is), seen(was), `${file} says something else:\n${before}\n---\n${after}`);
    }
  }
  if (answers !== undefined) assert.ok(broken > 10, `${broken} files were broken before`);
});
