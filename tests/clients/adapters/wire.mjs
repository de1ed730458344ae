// A request of the table as the body of a chat completion, and an answer of that wire as the table compares it.

/** The body for SDKs that take it as it is. */
export function body({ messages, tools, parallel, n, schema, effort }, stream) {
  return {
    model: "gpt-4o-mini",
    messages: messages.map(message),
    ...(tools && { tools: tools.map(({ name, description, parameters }) => ({ type: "function", function: { name, description, parameters } })) }),
    ...(parallel === false && { parallel_tool_calls: false }),
    ...(n && { n }),
    ...(effort && { reasoning_effort: effort }),
    ...(schema && { response_format: { type: "json_schema", json_schema: { name: "answer", schema, strict: true } } }),
    ...(stream && { stream: true, stream_options: { include_usage: true } }),
  };
}

function message({ role, text, image, calls, id }) {
  if (role === "tool") return { role, tool_call_id: id, content: text };
  if (calls) {
    return { role, content: text ?? null, tool_calls: calls.map((call) => ({ id: call.id, type: "function", function: { name: call.name, arguments: JSON.stringify(call.arguments) } })) };
  }
  if (image) return { role, content: [{ type: "text", text }, { type: "image_url", image_url: { url: image } }] };
  return { role, content: text };
}

/** A whole answer as the table compares it. */
export function answer({ choices, usage }) {
  return {
    texts: choices.map(({ message }) => message.content ?? ""),
    calls: (choices[0].message.tool_calls ?? []).map(({ function: called }) => ({ name: called.name, arguments: JSON.parse(called.arguments) })),
    finish: choices[0].finish_reason,
    usage: usage && { input: usage.prompt_tokens, output: usage.completion_tokens },
    reasoning: choices[0].message.reasoning_content ?? choices[0].message.reasoning ?? "",
  };
}

/** The chunks of a stream, put together by hand as the documentation of the SDKs does it. */
export function assembled(chunks) {
  const choices = [];
  let usage;
  for (const chunk of chunks) {
    usage = chunk.usage ?? usage;
    for (const { index, delta, finish_reason } of chunk.choices) {
      const choice = (choices[index] ??= { message: { content: "", reasoning_content: "", tool_calls: [] }, finish_reason: null });
      choice.message.content += delta?.content ?? "";
      choice.message.reasoning_content += delta?.reasoning_content ?? delta?.reasoning ?? "";
      for (const part of delta?.tool_calls ?? []) {
        const call = (choice.message.tool_calls[part.index] ??= { function: { name: "", arguments: "" } });
        call.function.name += part.function?.name ?? "";
        call.function.arguments += part.function?.arguments ?? "";
      }
      choice.finish_reason = finish_reason ?? choice.finish_reason;
    }
  }
  return answer({ choices, usage });
}
