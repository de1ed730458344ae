// The schemas of documents 001 to 003, rewritten in zod, and 001's patterns of what is not to be sent.
import { z } from "zod";

const chat = z.object({
  systemInstructions: z.array(z.string().max(500)).max(5),
  context: z.array(z.object({ role: z.enum(["user", "agent", "system"]), content: z.string().max(4000) })).max(25),
  temperature: z.number().min(0).max(2),
  maxTokens: z.number().min(1).max(4096),
  modelId: z.string().min(1),
});

const definition = z.object({
  name: z.string().min(3),
  provider: z.enum(["openai", "azure", "anthropic", "bedrock"]),
  modelId: z.string(),
  credentials: z.object({ apiKey: z.string().min(10), endpoint: z.string().url().optional() }),
  configuration: z.object({
    temperature: z.number().min(0).max(2), maxTokens: z.number().int().positive(), topP: z.number().min(0).max(1).optional(),
  }),
  promptTemplate: z.string().regex(/^\{[^}]+\}$/),
  responseSchema: z.object({ type: z.literal("object"), properties: z.record(z.string(), z.any()) }),
}).refine(({ promptTemplate }) => promptTemplate.includes("{input}") || promptTemplate.includes("{context}"), { path: ["promptTemplate"] });

const configuration = z.object({
  model_id: z.string().uuid(),
  temperature_matrix: z.object({
    default: z.number().min(0).max(1), creative: z.number().min(0).max(1.5), precise: z.number().min(0).max(0.5),
  }),
  safety_filters: z.array(z.object({
    filter_type: z.enum(["profanity", "pii", "self_harm", "political"]), action: z.enum(["block", "redact", "flag"]),
    threshold: z.number().min(0).max(100),
  })).min(1),
  max_tokens: z.number().int().min(1).max(8192),
  compliance_mode: z.enum(["strict", "standard", "permissive"]).default("standard"),
});

const SCHEMAS = { chat, definition, configuration };

const PATTERNS = [
  ["password", /(?:password|secret|api[_-]key)\s*:?\s*\S+/i],
  ["ssn", /(?:ssn|social\s+security)\s*:?\s*\d{3}-?\d{2}-?\d{4}/i],
  ["card", /(?:cc|credit\s+card)\s*:?\s*\d{4}[\s-]?\d{4}[\s-]?\d{4}[\s-]?\d{4}/i],
];

/** The faults by which the documents refuse a text: `[{ path, code }]`. */
export function faults(kind, text) {
  if (kind === "safety") return PATTERNS.filter(([, pattern]) => pattern.test(text)).map(([code]) => ({ path: "$", code }));
  let document;
  try {
    document = JSON.parse(text);
  } catch {
    return [{ path: "$", code: "no_json" }];
  }
  const { error } = SCHEMAS[kind].safeParse(document);
  return (error?.issues ?? []).map(({ path, code }) => ({ path: `$${path.map((name) => (typeof name === "number" ? "[]" : `.${name}`)).join("")}`, code }));
}
