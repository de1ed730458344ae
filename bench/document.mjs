// The peer: the work of `prepare` as the document's JavaScript does it, with zod and its three regexes.
import { z } from "zod";

const Prompt = z.object({
  systemInstructions: z.array(z.string().max(500)).max(5),
  context: z.array(z.object({ role: z.enum(["user", "agent", "system"]), content: z.string().max(4000) })).max(25),
  temperature: z.number().min(0).max(2),
  maxTokens: z.number().min(1).max(4096),
  modelId: z.string().min(1),
});

// As the document has them, but for the first: there any word after "password" is a violation, so that the
// text of this benchmark would have to avoid it; the cost is the same.
const SAFETY = [
  /(?:password|secret|api[_-]key)\s*:?\s*\S+/i,
  /(?:ssn|social\s+security)\s*:?\s*\d{3}-?\d{2}-?\d{4}/i,
  /(?:cc|credit\s+card)\s*:?\s*\d{4}[\s-]?\d{4}[\s-]?\d{4}[\s-]?\d{4}/i,
];

/** From the bytes of a request to the text that is sent. */
export function prepare(bytes) {
  const prompt = Prompt.parse(JSON.parse(new TextDecoder().decode(bytes)));
  const system = prompt.systemInstructions.join("\n").length * 0.25;
  const context = [...prompt.context];
  let used = context.reduce((sum, { content }) => sum + content.length * 0.25, 0);
  while (system + used > prompt.maxTokens * 0.8 && context.length > 0) used -= context.shift().content.length * 0.25;
  const text = [...prompt.systemInstructions, ...context.map(({ content }) => content)].join(" ");
  if (SAFETY.some((pattern) => pattern.test(text))) throw new Error("safety policy");
  return JSON.stringify({ ...prompt, context });
}
