// Records what a real Liquid makes of generated and damaged templates: `node record.mjs > rows.jsonl`.
//
// Needs liquidjs (10) from npm; the test that reads the rows needs nothing. The same seed gives the same rows.
import { Liquid } from "liquidjs";

const engine = new Liquid({ relativeReference: false, templates: { a: "x" } });
let state = 20261126;
const random = (below) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
const pick = (list) => list[random(list.length)];
const NAMES = ["name", "user", "items", "o", "order-id", "x1", "größe", "_a"];
const FILTERS = ["upcase", "default: 'a'", "join: ', '", "date: \"%Y\"", "map: 'id'", "slice: 0, 2", "where: 'a', b", "default: x, allow_false: true"];
const PIECES = ["{{", "}}", "{%", "%}", "-", "|", "(", ")", "[", "]", "'", '"', ",", ".", ":", "=", "if", "else", "endif", "endfor", "in", " ", "\n", "raw", "!", "$"];

function value(depth) {
  switch (random(depth > 0 ? 9 : 5)) {
    case 0: case 1: return pick(NAMES);
    case 2: return pick(["1", "0", "2.5", "-3"]);
    case 3: return pick(["'a'", '"b"', "'it is'", "''", "\"'\""]);
    case 4: return pick(["true", "nil", "empty", "blank", "false"]);
    case 5: return `${pick(NAMES)}.${pick(["id", "first", "name.size", "a-b"])}`;
    case 6: return `${pick(NAMES)}[${pick(["0", "'id'", value(depth - 1)])}]`;
    case 7: return `${pick(NAMES)}[0].${pick(["id", "x"])}`;
    default: return `(${pick(["1", "a"])}..${pick(["5", "items.size"])})`;
  }
}
const condition = () => {
  const one = () => `${value(1)}${pick(["", ` ${pick(["==", "!=", "<", ">=", "contains"])} ${value(1)}`])}`;
  return one() + pick(["", "", ` ${pick(["and", "or"])} ${one()}`]);
};
const filtered = () => value(2) + pick(["", "", ` | ${pick(FILTERS)}`, ` | ${pick(FILTERS)} | ${pick(FILTERS)}`]);

function block(depth) {
  const inner = () => template(depth - 1);
  const tag = (body) => `{%${pick(["", "", "-"])} ${body} ${pick(["", "", "-"])}%}`;
  switch (random(depth > 0 ? 14 : 5)) {
    case 0: case 1: return `{{${pick(["", "", "-"])} ${filtered()} }}`;
    case 2: return pick(["Hello.", "a { b } c", "\n", "100 %", "don't", "{ % }"]);
    case 3: return tag(pick([`assign a = ${filtered()}`, "increment n", "decrement n", `echo ${filtered()}`, "break", "cycle 'a', 'b'", `# note`, "foo", "assign a", "include"]));
    case 4: return tag(`liquid\n  assign b = ${filtered()}\n  echo b`);
    case 5: case 6: return tag(`if ${condition()}`) + inner() + tag(`elsif ${condition()}`) + inner() + tag("else") + inner() + tag("endif");
    case 7: return tag(`unless ${condition()}`) + inner() + tag("endunless");
    case 8: case 9: return tag(`for o in ${value(1)}${pick(["", " reversed", " limit: 2", " limit:n offset:1"])}`) + inner() + pick(["", tag("else") + inner()]) + tag("endfor");
    case 10: return tag(`case ${value(1)}`) + tag(`when ${pick(["1", "1, 2", "'a' or b"])}`) + inner() + pick(["", tag("else") + inner()]) + tag("endcase");
    case 11: return tag(`capture ${pick(["a", "'b'"])}`) + inner() + tag("endcapture");
    case 12: return tag("raw") + pick(["{{ x", "{% if %}", "a"]) + "{% endraw %}"; // LiquidJS does not know `{%- endraw`
    default: return tag(`tablerow o in ${value(1)} cols:2`) + inner() + tag("endtablerow");
  }
}
const template = (depth) => Array.from({ length: 1 + random(2) }, () => block(depth) + pick(["", " ", "\n"])).join("");

function damaged(text) {
  const at = random(text.length + 1);
  switch (random(3)) {
    case 0: return text.slice(0, at) + text.slice(at + 1 + random(3));
    case 1: return text.slice(0, at) + pick(PIECES) + text.slice(at);
    default: return text.slice(0, at) + [...text.slice(at, at + 2)].reverse().join("") + text.slice(at + 2);
  }
}

const seen = new Set();
while (seen.size < 2000) {
  const damage = random(2) === 0;
  const whole = template(2);
  const text = damage ? damaged(whole) : whole;
  if (text.length > 160 || seen.has(text)) continue;
  seen.add(text);
  const row = { text, damaged: damage };
  try {
    engine.parse(text);
  } catch (error) {
    row.error = { line: error.token?.getPosition?.()[0] ?? 1, message: error.message.split("\n")[0] };
  }
  console.log(JSON.stringify(row));
}
