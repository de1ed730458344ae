// The language server, by a scripted client.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { install } from "./support.mjs";

const folder = join(install("lsp"), "work");
const BIN = join(folder, "../node_modules/promptgate/dist/cli/main.cjs");

/** A client: `request` waits for the answer, `notify` does not, `next(method)` waits for what the server says. */
function client() {
  mkdirSync(folder, { recursive: true });
  const child = spawn(process.execPath, [BIN, "lsp", "--stdio"], { cwd: folder, stdio: ["pipe", "pipe", "inherit"] });
  const waiting = new Map();
  const said = [];
  let heard = [];
  let rest = Buffer.alloc(0);
  child.stdout.on("data", (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    for (;;) {
      const head = rest.indexOf("\r\n\r\n");
      if (head < 0) return;
      const length = Number(/Content-Length: (\d+)/i.exec(rest.subarray(0, head))[1]);
      if (rest.length < head + 4 + length) return;
      const message = JSON.parse(rest.subarray(head + 4, head + 4 + length));
      rest = rest.subarray(head + 4 + length);
      if (message.method === undefined) waiting.get(message.id)?.(message);
      else said.push(message);
      for (const wake of heard.splice(0)) wake();
    }
  });
  const send = (message) => {
    const body = JSON.stringify({ jsonrpc: "2.0", ...message });
    child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  };
  let id = 0;
  return {
    child,
    notify: (method, params) => send({ method, params }),
    async request(method, params) {
      id += 1;
      const answer = new Promise((resolve) => waiting.set(id, resolve));
      send({ id, method, params });
      const { result, error } = await answer;
      assert.equal(error, undefined, JSON.stringify(error));
      return result;
    },
    async next(method, fits = () => true) {
      for (;;) {
        const at = said.findIndex((message) => message.method === method && fits(message.params));
        if (at >= 0) return said.splice(at, 1)[0].params;
        await new Promise((resolve) => heard.push(resolve));
      }
    },
  };
}

test("diagnostics, hover, code actions, incremental changes", { timeout: 60_000 }, async () => {
  const { child, notify, request, next } = client();
  const uri = pathToFileURL(join(folder, "a.j2")).href;
  const { capabilities, serverInfo } = await request("initialize", { processId: null, rootUri: null, capabilities: {} });
  assert.equal(serverInfo.name, "promptgate");
  assert.equal(capabilities.textDocumentSync, 2, "incremental");
  notify("initialized", {});
  notify("textDocument/didOpen", { textDocument: { uri, languageId: "jinja", version: 1, text: "é {% for x in y %}{{ x }}\n<|im_start|>\n" } });
  const first = await next("textDocument/publishDiagnostics", ({ version }) => version === 1);
  assert.deepEqual(first.diagnostics.map(({ code, range }) => [code, range.start.line, range.start.character]), [["T004", 0, 2], ["S004", 1, 0]]);

  const hover = await request("textDocument/hover", { textDocument: { uri }, position: { line: 1, character: 3 } });
  assert.match(hover.contents.value, /^# S004 special-token/);
  assert.equal(await request("textDocument/hover", { textDocument: { uri }, position: { line: 2, character: 0 } }), null);

  const range = { start: { line: 1, character: 0 }, end: { line: 1, character: 1 } };
  const actions = await request("textDocument/codeAction", { textDocument: { uri }, range, context: { diagnostics: [] } });
  const titles = actions.map(({ title }) => title);
  assert.ok(titles.includes("Remove the token (S004)") && titles.includes("Leave S004 alone in this file"), titles.join());
  const [{ newText }] = actions.find(({ title }) => title.startsWith("Leave")).edit.changes[uri];
  assert.match(newText, /^\{# lint-ignore S004: .+ #\}\n$/);

  const end = { line: 0, character: 25 };
  notify("textDocument/didChange", { textDocument: { uri, version: 2 }, contentChanges: [{ range: { start: end, end }, text: "{% endfor %}" }] });
  const second = await next("textDocument/publishDiagnostics", ({ version }) => version === 2);
  assert.deepEqual(second.diagnostics.map(({ code }) => code), ["S004"]);

  // The configuration is the command line's.
  writeFileSync(join(folder, "promptgate.json"), JSON.stringify({ ignore: ["S004"] }));
  notify("textDocument/didChange", { textDocument: { uri, version: 3 }, contentChanges: [{ range: { start: end, end }, text: " " }] });
  assert.deepEqual((await next("textDocument/publishDiagnostics", ({ version }) => version === 3)).diagnostics, []);
  // Also where the document itself stays as it is, as the editor says of files that it watches.
  writeFileSync(join(folder, "promptgate.json"), "{}");
  notify("workspace/didChangeWatchedFiles", { changes: [{ uri: pathToFileURL(join(folder, "promptgate.json")).href, type: 2 }] });
  const third = await next("textDocument/publishDiagnostics", ({ version }) => version === 3);
  assert.deepEqual(third.diagnostics.map(({ code }) => code), ["S004"]);
  notify("textDocument/didClose", { textDocument: { uri } });
  assert.deepEqual((await next("textDocument/publishDiagnostics")).diagnostics, []);

  await request("shutdown", null);
  notify("exit");
  const [code] = await once(child, "exit");
  assert.equal(code, 0);
});
