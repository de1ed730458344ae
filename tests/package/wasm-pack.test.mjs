// Who builds the crate with wasm-pack has a package that works, beside the one that is published.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { test } from "node:test";

const root = fileURLToPath(new URL("../../", import.meta.url));
const WASM_PACK = [...process.env.PATH.split(delimiter), join(root, "target/wasm-pack/bin")]
  .map((directory) => join(directory, "wasm-pack")).find((path) => existsSync(path));

test("wasm-pack makes a package that lints, guards and counts", { skip: !WASM_PACK && "no wasm-pack: cargo install wasm-pack" }, async () => {
  const made = mkdtempSync(join(tmpdir(), "promptgate-wasm-pack-"));
  try {
    const profile = process.env.PROMPTGATE_PROFILE ?? "quick";
    execFileSync(WASM_PACK, ["build", "crates/wasm", "--target", "web", "--no-opt", "--profile", profile, "--out-dir", made], {
      cwd: root, stdio: "pipe", env: { ...process.env, ...(process.env.PROMPTGATE_WASM_TOOLCHAIN && { RUSTUP_TOOLCHAIN: process.env.PROMPTGATE_WASM_TOOLCHAIN }) },
    });
    const { main } = JSON.parse(readFileSync(join(made, "package.json"), "utf8"));
    const engine = await import(pathToFileURL(join(made, main)));
    await engine.default({ module_or_path: readFileSync(join(made, main.replace(/\.js$/, "_bg.wasm"))) });
    assert.deepEqual(engine.lint("Hello <|im_start|>").findings.map(({ code }) => code), ["S004"]);
    assert.equal(engine.redact("My card is 4111 1111 1111 1111."), "My card is [CARD].");
    assert.equal(engine.vocabularyOf("gpt-4o"), "o200k_base");
    assert.throws(() => engine.render("no template", {}), { name: "PromptgateError", code: "invalid_template" });
  } finally {
    rmSync(made, { recursive: true });
  }
});
