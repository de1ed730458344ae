// `promptgate lsp`: the language server, over the standard input and output.

export const lspCommand = {
  help: `promptgate lsp

Speaks the Language Server Protocol over the standard input and output: diagnostics as one types, the rule's page on
hover, fixes and ignores as code actions. The configuration is the command line's. Editors start it themselves.
`,
  options: { stdio: { type: "boolean" } },
  async run() {
    const { serve } = await import("./server.js");
    return serve();
  },
};
