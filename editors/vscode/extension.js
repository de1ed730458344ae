// Starts the language server of the package that the folder has, and shows what it says.
const { existsSync } = require("node:fs");
const { join } = require("node:path");
const { window, workspace } = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

let client;

exports.activate = async () => {
  const module = command();
  if (module === undefined) {
    window.showInformationMessage("Promptgate: install the package in the folder (npm install --save-dev promptgate), or set promptgate.path.");
    return;
  }
  const run = { module, transport: TransportKind.stdio, args: ["lsp"] };
  const languages = ["markdown", "plaintext", "json", "jsonc", "yaml", "handlebars", "jinja", "jinja-html", "nunjucks", "liquid", "prompty", "dotprompt", "prompt", "instructions"];
  client = new LanguageClient("promptgate", "Promptgate", { run, debug: run }, {
    documentSelector: languages.map((language) => ({ scheme: "file", language })),
    synchronize: { fileEvents: workspace.createFileSystemWatcher("**/{promptgate,package}.json") },
  });
  await client.start();
};

exports.deactivate = () => client?.stop();

/** The command line: as it is set, or that of the first folder that has the package. */
function command() {
  const set = workspace.getConfiguration("promptgate").get("path");
  if (set) return set;
  const folders = (workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
  return folders.map((folder) => join(folder, "node_modules/promptgate/dist/cli/main.js")).find(existsSync);
}
