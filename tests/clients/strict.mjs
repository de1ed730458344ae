// A reader of streams that takes nothing but what every client understands (openai-python, openai-node, the AI SDK and
// async-openai): what the gateway writes must pass, whatever its upstream wrote.

const FINISHES = ["stop", "length", "tool_calls", "content_filter", "function_call"];
const CHUNK = ["id", "object", "created", "model", "choices"];

/**
 * Reads a whole stream: `{ chunks, choices: [{ content, reasoning, refusal, calls, finish, role }], usage, error, done }`.
 * Throws at the first thing that some client does not understand.
 */
export function strict(text, { usage: asked = false } = {}) {
  const fail = (why, where) => { throw new Error(`${why}: ${JSON.stringify(where)?.slice(0, 300)}`); };
  if (text.startsWith("\ufeff")) fail("A byte order mark", text.slice(0, 20));
  if (text.includes("\r")) fail("A carriage return", text.slice(0, 80));
  if (!text.endsWith("\n\n")) fail("No blank line at the end", text.slice(-80));
  const chunks = [], choices = [];
  let head, usage, error, done = false;
  for (const block of text.slice(0, -2).split("\n\n")) {
    if (done) fail("An event after [DONE]", block);
    if (error) fail("An event after an error", block);
    if (block === ": ping") continue;
    const data = /^data: (.+)$/.exec(block)?.[1] ?? fail("Not one line of data", block);
    if (data === "[DONE]") { done = true; continue; }
    const chunk = JSON.parse(data);
    if (chunk.error) {
      const { message, type, param, code } = chunk.error;
      if (typeof message !== "string" || ![type, param, code].every((member) => member === null || typeof member === "string")) fail("An error without its members", chunk);
      error = chunk.error;
      continue;
    }
    for (const member of CHUNK) if (!(member in chunk)) fail(`No ${member}`, chunk);
    if (!Array.isArray(chunk.choices)) fail("Choices are no array", chunk);
    if (chunk.object !== "chat.completion.chunk") fail("Another object", chunk);
    if (!chunk.id || !Number.isInteger(chunk.created) || chunk.created >= 2 ** 32) fail("A bad id or created", chunk);
    head ??= chunk;
    for (const member of ["id", "created", "model"]) if (chunk[member] !== head[member]) fail(`Another ${member}`, chunk);
    if (usage) fail("A chunk after the usage", chunk);
    if (chunk.usage) {
      if (!asked || chunk.choices.length > 0) fail("Usage that was not asked for, or beside a choice", chunk);
      usage = chunk.usage;
    }
    for (const part of chunk.choices) choice(choices, part, fail);
    chunks.push(chunk);
  }
  if (!error && !done) fail("Neither [DONE] nor an error", text.slice(-200));
  if (done) {
    for (const [index, { finish }] of choices.entries()) if (!finish) fail(`Choice ${index} has not finished`, choices[index]);
    if (asked && !usage) fail("No usage", text.slice(-200));
  }
  return { chunks, choices, usage, error, done };
}

function choice(choices, part, fail) {
  const { index, delta, finish_reason: finish } = part;
  if (!Number.isInteger(index) || index > choices.length) fail("An index out of order", part);
  if (delta === null || typeof delta !== "object") fail("A delta that is no object", part);
  const known = choices[index];
  if (!known) {
    if (delta.role !== "assistant") fail("No role in the first delta", part);
    choices[index] = { content: "", reasoning: "", refusal: "", calls: [], finish: undefined };
  } else if (known.finish) {
    fail("A delta after the finish", part);
  }
  const all = choices[index];
  all.content += delta.content ?? "";
  all.refusal += delta.refusal ?? "";
  all.reasoning += delta.reasoning_content ?? delta.reasoning ?? "";
  for (const call of delta.tool_calls ?? []) {
    if (!Number.isInteger(call.index) || call.index > all.calls.length) fail("A call's index out of order", part);
    const first = call.index === all.calls.length;
    if (first && !(call.id && call.type === "function" && call.function?.name)) fail("A call without id, type or name", part);
    if (!first && (call.id || call.type || call.function?.name)) fail("Id, type or name of a call twice", part);
    if (first) all.calls.push({ id: call.id, name: call.function.name, arguments: "" });
    all.calls[call.index].arguments += call.function?.arguments ?? "";
  }
  if (finish === null || finish === undefined) return;
  if (!FINISHES.includes(finish)) fail("An unknown finish_reason", part);
  all.finish = finish;
}
