// The Vercel AI SDK over either of its providers for this wire.

const FINISH = { "tool-calls": "tool_calls", "content-filter": "content_filter" };

/** `ai` is the SDK's module; `model(target)` makes the provider's model. */
export function aiSdk(name, ai, model) {
  const { APICallError, Output, RetryError, generateText, jsonSchema, streamText, tool } = ai;
  // Its seventh major takes no system message among the others, and has another name for them.
  const instructions = name.includes(" 6") ? "system" : "instructions";
  const options = (target, { messages, tools, schema, parallel, effort }) => ({
    model: model(target),
    maxRetries: target.retries ?? 0,
    [instructions]: messages.filter(({ role }) => role === "system").map(({ text }) => text).join("\n") || undefined,
    messages: messages.filter(({ role }) => role !== "system").map(message),
    ...(tools && { tools: Object.fromEntries(tools.map(({ name, description, parameters }) =>
      [name, tool({ description, inputSchema: jsonSchema(parameters) })])) }),
    ...(schema && { output: Output.object({ schema: jsonSchema(schema), name: "answer" }) }),
    providerOptions: { openai: {
      ...(parallel === false && { parallelToolCalls: false }), ...(effort && { reasoningEffort: effort }) } },
  });
  const result = async (done) => {
    const usage = await done.usage;
    const finish = await done.finishReason;
    return {
      texts: [await done.text],
      calls: (await done.toolCalls).map(({ toolName, input }) => ({ name: toolName, arguments: input })),
      finish: FINISH[finish] ?? finish,
      usage: { input: usage.inputTokens, output: usage.outputTokens },
      reasoning: (await done.reasoningText) ?? "",
    };
  };
  return {
    name,
    can: ["schema", "retries"],
    whole: async (target, request) => result(await generateText(options(target, request))),
    async stream(target, request) {
      let failed;
      const done = streamText({ ...options(target, request), onError: ({ error }) => { failed = error; } });
      for await (const part of done.fullStream) if (part.type === "error") failed = part.error;
      if (failed) throw failed;
      return result(done);
    },
    failure(error) {
      const last = RetryError.isInstance(error) ? error.lastError : error;
      if (!APICallError.isInstance(last)) return { message: String(last?.message ?? JSON.stringify(last)) };
      const { error: body } = JSON.parse(last.responseBody || "{}");
      return { status: last.statusCode, code: body?.code, type: body?.type, message: last.message };
    },
  };
}

function message({ role, text, image, calls, id, name }) {
  if (role === "tool") return { role, content: [{ type: "tool-result", toolCallId: id, toolName: name, output: { type: "text", value: text } }] };
  if (calls) return { role, content: calls.map((call) => ({ type: "tool-call", toolCallId: call.id, toolName: call.name, input: call.arguments })) };
  if (image) return { role, content: [{ type: "text", text }, { type: "image", image }] };
  return { role, content: text };
}
