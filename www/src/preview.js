// What becomes of a document: the variables and the rendered prompt, the payload, and its tokens.
import { $, element } from "./element.js";
import { loadVocabulary } from "./engine.js";
import { many } from "./notice.js";

/** The values of variables that were given, by name. */
export let values = {};

/** Of the kinds whose variables have no values here: who fills them in, and what is shown. */
const NOTES = {
  cached_template: "Upstream fills this in, not the gateway: ${…} are expressions, and it is shown as it is written.",
  model_definition: "{input} and {context} are filled in by each call: it is shown as it is written.",
  text: "The gateway sends a plain text as it is. What fills in its placeholders is a program of yours, whose rules this page does not know: it is shown as it is written. As the user_template of a prompt template it is filled in here.",
  chat_request: "A chat request has no variables: its texts are final. The payload shows what is sent of them.",
};

/** Shows what the worker's `preview` gave; `changed` is called when there may be another. */
export function showPreview({ variables = [], blocks, json, error, tokens, counted_by, vocabulary }, kind, changed) {
  showTokens(tokens, counted_by, vocabulary, changed);
  showInputs(variables, changed);
  const isTemplate = kind === "prompt_template";
  $("variables-note").textContent = !isTemplate ? NOTES[kind] ?? "Documents of this kind have no text to fill in."
    : variables.length ? "What is empty is shown by its name. Values stay in this page, and out of shared links."
      : "This template declares no variables.";
  const shown = () => error ? [fault(error)] : (blocks ?? []).flatMap(({ title, text }) => [...(title ? [element("h3", {}, title)] : []), element("pre", { tabindex: "0" }, text)]);
  const preview = kind === "chat_request" ? [] : shown();
  $("preview-title").textContent = isTemplate ? "Rendered" : "As it is written";
  $("preview-title").hidden = preview.length === 0;
  $("preview").replaceChildren(...preview);

  $("payload-note").textContent = error ? "The gateway would refuse this, and send nothing."
    : kind === "prompt_template" ? "What the gateway makes of the template, with these values."
      : kind === "chat_request" ? "What the gateway would send upstream: checked, redacted, trimmed to its budget."
        : kind === "text" ? "A plain text is sent as it is." : "What is sent of this kind of document is not shown here.";
  $("sent").replaceChildren(...(error ? [fault(error)] : json ? [element("pre", { tabindex: "0" }, JSON.stringify(json, null, 2))] : kind === "text" ? shown() : []));
}

function fault({ message, errors = [] }) {
  const list = errors.length ? errors.map(({ path, message }) => element("li", {}, element("code", {}, path), ` ${message}`)) : [element("li", {}, message)];
  return element("ul", { class: "faults" }, ...list);
}

/** The names whose inputs stand there: they are made anew only where these differ, so that typing goes on. */
let named = "";
function showInputs(variables, changed) {
  const names = JSON.stringify(variables.map(({ name, max_length }) => [name, max_length]));
  if (names === named) return;
  named = names;
  $("inputs").replaceChildren(...variables.map(({ name, max_length }) => {
    const input = element("textarea", { rows: "1", spellcheck: "false", placeholder: `‹${name}›` });
    input.value = values[name] ?? "";
    input.addEventListener("input", () => {
      values = { ...values, [name]: input.value };
      changed();
    });
    const hint = max_length ? element("small", {}, `at most ${max_length} characters`) : "";
    return element("label", {}, element("span", {}, name, " ", hint), input);
  }));
}

function showTokens(tokens, counted, vocabulary, changed) {
  const isExact = counted && counted !== "estimate";
  $("tokens").textContent = tokens === undefined ? "" : isExact ? `${many(tokens, "token")} (${counted})` : `about ${many(tokens, "token")} (estimate)`;
  if (tokens > 0 && !isExact && vocabulary) exactly(vocabulary, changed);
}

const failed = new Set();
/** Fetches a vocabulary when there is time, and counts again. */
function exactly(vocabulary, changed) {
  if (failed.has(vocabulary)) return;
  const idle = globalThis.requestIdleCallback ?? ((run) => setTimeout(run, 200));
  idle(() => loadVocabulary(vocabulary).then(changed, () => failed.add(vocabulary)));
}
