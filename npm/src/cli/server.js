// The language server: what the engine says of the documents that an editor has open.
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import {
  CodeActionKind, createConnection, DiagnosticSeverity, ProposedFeatures, StreamMessageReader, StreamMessageWriter, TextDocuments,
  TextDocumentSyncKind,
} from "vscode-languageserver/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import { Configurations } from "./config.js";
import { explain, ignore, lint } from "./engine.js";
import { chosen } from "./select.js";
import { version } from "./version.js";

const SEVERITY = { error: DiagnosticSeverity.Error, warning: DiagnosticSeverity.Warning, info: DiagnosticSeverity.Information };
/** How long to wait for what is typed together, in milliseconds. */
const SETTLE = 120;

/** Serves until the editor ends it. Gives the exit code. */
export function serve(input = process.stdin, output = process.stdout) {
  const connection = createConnection(ProposedFeatures.all, new StreamMessageReader(input), new StreamMessageWriter(output));
  const documents = new TextDocuments(TextDocument);
  /** By address: the document's version, its settings, and what was found. */
  const looked = new Map();
  const timers = new Map();

  connection.onInitialize(() => ({
    serverInfo: { name: "promptgate", version },
    capabilities: {
      textDocumentSync: TextDocumentSyncKind.Incremental,
      hoverProvider: true,
      codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix, CodeActionKind.SourceFixAll] },
    },
  }));

  /** What is found in a document as it is now. */
  function look(document) {
    const known = looked.get(document.uri);
    if (known?.version === document.version) return known;
    const file = path(document.uri);
    // A configuration may have changed with the document.
    const settings = new Configurations().of(file);
    const options = { file: relative("", file), config: settings.config };
    const wanted = chosen(settings.select, settings.ignore);
    const findings = settings.excluded ? [] : lint(document.getText(), options).findings.filter(({ code }) => wanted(code));
    const now = { version: document.version, options, findings };
    looked.set(document.uri, now);
    return now;
  }

  function publish(document) {
    let diagnostics = [];
    try {
      diagnostics = look(document).findings.map(({ code, name, severity, message, start, end }) => ({
        range: range({ start, end }), severity: SEVERITY[severity], code, source: "promptgate", message: `${message} (${name})`,
      }));
    } catch (error) {
      connection.console.error(error.message);
    }
    connection.sendDiagnostics({ uri: document.uri, version: document.version, diagnostics });
  }

  documents.onDidChangeContent(({ document }) => {
    clearTimeout(timers.get(document.uri));
    timers.set(document.uri, setTimeout(() => publish(document), SETTLE));
  });
  // The editor says when a configuration has changed: what was found under the one before counts no more.
  connection.onDidChangeWatchedFiles(() => {
    looked.clear();
    for (const document of documents.all()) publish(document);
  });
  documents.onDidClose(({ document }) => {
    clearTimeout(timers.get(document.uri));
    timers.delete(document.uri);
    looked.delete(document.uri);
    connection.sendDiagnostics({ uri: document.uri, diagnostics: [] });
  });

  connection.onHover(({ textDocument, position }) => {
    const document = documents.get(textDocument.uri);
    if (!document) return null;
    const at = document.offsetAt(position);
    const found = look(document).findings.filter(({ start, end }) => start.offset <= at && at <= end.offset);
    if (found.length === 0) return null;
    const pages = [...new Set(found.map(({ code }) => code))].map((code) => explain(code).trim());
    return { contents: { kind: "markdown", value: pages.join("\n\n---\n\n") }, range: range(found[0]) };
  });

  connection.onCodeAction(({ textDocument, range: asked, context }) => {
    const document = documents.get(textDocument.uri);
    if (!document) return [];
    const { findings, options } = look(document);
    const [from, to] = [document.offsetAt(asked.start), document.offsetAt(asked.end)];
    const here = findings.filter(({ start, end }) => start.offset <= to && from <= end.offset);
    const change = (edits) => ({ changes: { [document.uri]: edits.map((edit) => ({ range: range(edit), newText: edit.text })) } });
    const actions = here.filter(({ fix }) => fix).map((finding) => ({
      title: `${finding.fix.title} (${finding.code})`, kind: CodeActionKind.QuickFix, isPreferred: finding.fix.safe, edit: change(finding.fix.edits),
    }));
    for (const code of new Set(here.map((finding) => finding.code))) {
      try {
        const edit = ignore(document.getText(), code, "explain why", options);
        actions.push({ title: `Leave ${code} alone in this file`, kind: CodeActionKind.QuickFix, edit: change([edit]) });
      } catch {
        // The document has no place for it.
      }
    }
    const safe = apart(findings.filter(({ fix }) => fix?.safe).flatMap(({ fix }) => fix.edits));
    if (safe.length > 0) actions.push({ title: "Fix all that is safe", kind: CodeActionKind.SourceFixAll, edit: change(safe) });
    return actions.filter(({ kind }) => context.only === undefined || context.only.some((only) => kind === only || kind.startsWith(`${only}.`)));
  });

  documents.listen(connection);
  return new Promise((resolve) => {
    connection.onShutdown(() => undefined);
    connection.onExit(() => resolve(0));
    connection.listen();
  });
}

/** The file of an address; the address itself where it is none. */
function path(uri) {
  try {
    return fileURLToPath(uri);
  } catch {
    return decodeURIComponent(uri.replace(/^[a-z-]+:\/*/, ""));
  }
}

/** Places as the protocol counts them, from 0. */
const range = ({ start, end }) => ({
  start: { line: start.line - 1, character: start.column - 1 },
  end: { line: end.line - 1, character: end.column - 1 },
});

/** Those edits that do not touch an earlier one. */
function apart(edits) {
  let last = -1;
  return [...edits].sort((a, b) => a.start.offset - b.start.offset).filter(({ start, end }) => {
    if (start.offset < last || (start.offset === last && start.offset === end.offset)) return false;
    last = end.offset;
    return true;
  });
}
