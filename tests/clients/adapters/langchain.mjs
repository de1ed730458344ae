// LangChain's ChatOpenAI.
import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from "@langchain/core/messages";
import { ChatOpenAI } from "@langchain/openai";

export function langchain() {
  const model = ({ url, key, retries }, { n, effort }) => new ChatOpenAI({
    model: "gpt-4o-mini", apiKey: key, maxRetries: retries ?? 0, streamUsage: true, configuration: { baseURL: url },
    ...(n && { n }), ...(effort && { reasoning: { effort } }),
  });
  const runnable = (target, request) => {
    const { tools, schema, parallel } = request;
    const functions = tools?.map(({ name, description, parameters }) => ({ type: "function", function: { name, description, parameters } }));
    const chat = model(target, request);
    if (functions) return chat.bindTools(functions, parallel === false ? { parallel_tool_calls: false } : {});
    if (schema) return chat.withConfig({ response_format: { type: "json_schema", json_schema: { name: "answer", schema, strict: true } } });
    return chat;
  };
  const result = (message) => ({
    texts: [typeof message.content === "string" ? message.content : message.content.map(({ text }) => text ?? "").join("")],
    calls: (message.tool_calls ?? []).map(({ name, args }) => ({ name, arguments: args })),
    finish: message.response_metadata.finish_reason,
    usage: message.usage_metadata && { input: message.usage_metadata.input_tokens, output: message.usage_metadata.output_tokens },
    reasoning: message.additional_kwargs?.reasoning_content ?? "",
  });
  return {
    name: "langchain",
    can: ["schema"],
    whole: async (target, request) => result(await runnable(target, request).invoke(request.messages.map(message))),
    async stream(target, request) {
      let all;
      for await (const chunk of await runnable(target, request).stream(request.messages.map(message))) all = all ? all.concat(chunk) : chunk;
      return result(all);
    },
    failure: (error) => ({ status: error.status, code: error.code, type: error.type, message: error.message }),
  };
}

function message({ role, text, image, calls, id, name }) {
  if (role === "tool") return new ToolMessage({ content: text, tool_call_id: id, name });
  if (calls) return new AIMessage({ content: text ?? "", tool_calls: calls.map((call) => ({ id: call.id, name: call.name, args: call.arguments, type: "tool_call" })) });
  if (role === "system") return new SystemMessage(text);
  return new HumanMessage(image ? { content: [{ type: "text", text }, { type: "image_url", image_url: { url: image } }] } : text);
}
