// openai-node: chunks by hand, and its own helper that puts them together.
import { answer, assembled, body } from "./wire.mjs";

export function openaiNode(name, OpenAI) {
  const client = ({ url, key, retries, headers }) =>
    new OpenAI({ baseURL: url, apiKey: key, maxRetries: retries ?? 0, defaultHeaders: headers });
  return {
    name,
    can: ["n", "schema", "models", "embeddings", "retries"],
    whole: async (target, request) => answer(await client(target).chat.completions.create(body(request, false))),
    async stream(target, request) {
      const chunks = [];
      for await (const chunk of await client(target).chat.completions.create(body(request, true))) chunks.push(chunk);
      return assembled(chunks);
    },
    /** The helper, which is stricter than its parser. */
    helper: async (target, request) =>
      answer(await client(target).chat.completions.stream(body(request, true)).finalChatCompletion()),
    async models(target) {
      const ids = [];
      for await (const model of await client(target).models.list()) ids.push(model.id);
      return { ids, one: (await client(target).models.retrieve(ids[0])).id };
    },
    embeddings: async (target, input) =>
      (await client(target).embeddings.create({ model: "text-embedding-3-small", input })).data.map(({ embedding }) => embedding),
    failure: ({ status, code, type, message }) => ({ status, code, type, message }),
  };
}
