// Writes an ignore into a document: a comment in plain text, a member of `$lint` in JSON.
import { ensureSyntaxTree } from "@codemirror/language";

/** The change of `state` that ignores `code`; undefined where the document has no place for it. */
export function ignore(state, isText, code, reason) {
  if (isText) return { from: 0, insert: `{{! lint-ignore ${code}: ${reason.replace(/[{}\r\n]+/g, " ").trim()} }}\n` };
  const root = ensureSyntaxTree(state, state.doc.length, 500)?.topNode.getChild("Object");
  if (!root) return undefined;
  const entry = `${JSON.stringify(code)}: ${JSON.stringify(reason)}`;
  const settings = member(state, root, "$lint");
  if (!settings) return insertion(state, root, `"$lint": {"ignore": {${entry}}}`);
  if (settings.value.name !== "Object") return replacement(settings.value, `{"ignore": {${entry}}}`);
  const ignores = member(state, settings.value, "ignore");
  if (!ignores) return insertion(state, settings.value, `"ignore": {${entry}}`);
  if (ignores.value.name !== "Object") return replacement(ignores.value, `{${entry}}`);
  const known = member(state, ignores.value, code);
  if (known) return replacement(known.value, JSON.stringify(reason));
  return insertion(state, ignores.value, entry);
}

/** The member `name` of an object, with its value; undefined where there is none. */
function member(state, object, name) {
  for (const property of object.getChildren("Property")) {
    const key = property.getChild("PropertyName");
    if (!key || !property.lastChild || property.lastChild === key) continue;
    try {
      if (JSON.parse(state.sliceDoc(key.from, key.to)) === name) return { value: property.lastChild };
    } catch {
      // a name that is not JSON is not this one
    }
  }
  return undefined;
}

/** In front of the first member, on a line of its own where that one is. */
function insertion(state, object, text) {
  const from = object.from + 1;
  const first = object.getChild("Property");
  if (!first) return { from, insert: text };
  const space = state.sliceDoc(from, first.from);
  return { from, insert: `${space}${text},${space === "" ? " " : ""}` };
}

const replacement = (node, insert) => ({ from: node.from, to: node.to, insert });
