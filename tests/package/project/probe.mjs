// What every runtime is asked; the answers must be the same everywhere.
export function probe(api) {
  const attempt = (run) => {
    try {
      return run();
    } catch (error) {
      return { name: error.name, code: error.code, errors: error.errors };
    }
  };
  const chat = {
    systemInstructions: ["Be brief. Zoë, 你好 😀"],
    context: [{ role: "user", content: "Where is my parcel? IBAN DE89 3704 0044 0532 0130 00" }],
    temperature: 0.3, maxTokens: 200, modelId: "gpt-4o",
  };
  const card = { ...chat, context: [{ role: "user", content: "😀 my card is 4111 1111 1111 1111" }] };
  const bytes = Uint8Array.from("xx{\"a\":1}x", (character) => character.charCodeAt(0)).subarray(2, 9);
  return {
    estimate: attempt(() => api.countTokens("Where is my order?", "support-small")),
    half: attempt(() => api.countTokens("\ud800".repeat(8), "support-small")),
    missing: attempt(() => api.countTokens("Where is my order?", "cl100k_base")),
    of: [attempt(() => api.vocabularyOf("openai/gpt-4o-mini")), attempt(() => api.vocabularyOf("claude-sonnet-4")) ?? null],
    prepared: attempt(() => api.prepareChat(JSON.stringify(chat))),
    refused: attempt(() => api.prepareChat(JSON.stringify(card))),
    spans: attempt(() => api.validateChat(JSON.stringify(card))),
    clean: attempt(() => api.validateChat(JSON.stringify(chat))),
    view: attempt(() => api.validateChat(bytes)).map(({ path, code }) => `${path} ${code}`),
    report: attempt(() => api.lint("Hi {{name}} 😀 \u202ehidden\u202c <|im_start|>, mail bob@example.com", { file: "a.txt" })),
    config: attempt(() => api.lint("\u202e", { config: { rules: { U001: "of" } } })),
    mended: attempt(() => api.fix("😀 \u202ehidden\u202c <|im_start|>", { unsafe: true })),
    argument: attempt(() => api.validateChat(17)),
  };
}
