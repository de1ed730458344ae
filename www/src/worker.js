// The engine, in a thread of its own: messages in, messages out. Nothing is decided here.
import {
  countTokens, explain, fix, ignore, init, lint, loadVocabulary, prepareChat, render, rules, sarif, vocabularyOf,
} from "promptgate";

const operations = {
  /** Takes the compiled Wasm; gives every rule with its documentation. */
  async start(module) {
    await init(module);
    return rules().map((rule) => ({ ...rule, documentation: explain(rule.code) }));
  },
  lint,
  fix,
  ignore,
  sarif,
  loadVocabulary: (packed) => loadVocabulary(packed),
  preview,
};

/** What becomes of a document: `{ variables, blocks, json, error, tokens, counted_by, vocabulary }`. */
function preview(text, kind, values) {
  try {
    if (kind === "prompt_template") return template(text, values);
    if (kind === "chat_request") return chat(text);
    if (kind === "text") return { blocks: [{ text }], ...count([text], "o200k_base") };
    const document = JSON.parse(text);
    if (kind === "cached_template") return { ...asWritten("Content", document.content), ...count([document.content], "o200k_base") };
    if (kind === "model_definition") return { ...asWritten("Prompt template", document.promptTemplate), ...count([document.promptTemplate], document.modelId) };
    return {};
  } catch (error) {
    return { error: fault(error) };
  }
}

/** A text that others fill in, later. */
const asWritten = (title, text) => (typeof text === "string" ? { blocks: [{ title, text }] } : {});

function template(text, values) {
  let variables = [];
  try {
    const declared = JSON.parse(text).variables;
    variables = (Array.isArray(declared) ? declared : []).map((item) => (typeof item === "string" ? { name: item } : item));
    variables = variables.filter((variable) => typeof variable?.name === "string");
    const given = variables.map(({ name, max_length }) => {
      const mark = `‹${name}›`;
      return [name, values[name] || (mark.length > max_length ? "" : mark)];
    });
    const rendered = render(text, Object.fromEntries(given));
    return {
      variables,
      blocks: [
        { title: "System instruction", text: rendered.system_instruction },
        { title: "User prompt", text: rendered.user_prompt },
      ],
      json: rendered,
      tokens: rendered.tokens,
      counted_by: rendered.counted_by,
      // upstream counts templates by this one, whatever the model
      vocabulary: "cl100k_base",
    };
  } catch (error) {
    return { variables, ...unsent(text), error: fault(error) };
  }
}

function chat(text) {
  try {
    const sent = JSON.parse(prepareChat(text));
    return { json: sent, ...countChat(sent) };
  } catch (error) {
    return { ...unsent(text), error: fault(error) };
  }
}

/** The tokens of a document that cannot be sent as it is. */
function unsent(text) {
  let document;
  try {
    document = JSON.parse(text);
  } catch {
    return {};
  }
  if (document?.context) return countChat(document);
  return count([`${document?.system_instruction ?? ""}\n${document?.user_template ?? ""}`], "cl100k_base");
}

function countChat({ systemInstructions, context, modelId }) {
  const list = (value) => (Array.isArray(value) ? value : []);
  return count([...list(systemInstructions), ...list(context).map((message) => message?.content)], modelId);
}

/** The tokens of `texts`, for a model or in a vocabulary; `vocabulary` is the one that would make them exact. */
function count(texts, model) {
  const strings = texts.filter((text) => typeof text === "string");
  const name = typeof model === "string" ? model : "";
  const known = ["cl100k_base", "o200k_base"].includes(name);
  const one = (text) => {
    try {
      return countTokens(text, name);
    } catch (error) {
      if (error.code !== "vocabulary_not_loaded") throw error;
      return countTokens(text, "");
    }
  };
  const counts = strings.map(one);
  return {
    tokens: counts.reduce((sum, { tokens }) => sum + tokens, 0),
    counted_by: counts[0]?.counted_by ?? "estimate",
    vocabulary: known ? name : vocabularyOf(name),
  };
}

/** An error as it can be posted. */
function fault(error) {
  return { code: error.code, message: error.message, errors: error.errors };
}

self.onmessage = async ({ data: { id, name, values } }) => {
  try {
    self.postMessage({ id, value: await operations[name](...values) });
  } catch (error) {
    self.postMessage({ id, error: fault(error) });
  }
};
