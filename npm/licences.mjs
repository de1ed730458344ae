// The licences of the crates in the package's Wasm, as one text: what MIT and the others ask of copies.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Every crate that is compiled into the Wasm, as `name version`; not those that only run while compiling. */
export function crates() {
  const tree = execFileSync("cargo", [
    "tree", "--locked", "-p", "promptgate-wasm", "-e", "normal,no-proc-macro", "--target", "wasm32-unknown-unknown", "--prefix", "none", "--format", "{p}",
  ], { encoding: "utf8" });
  return [...new Set(tree.trim().split("\n").map((line) => line.replace(/ \(.*$/, "").replace(/ v(?=\d)/, " ")))]
    .filter((crate) => !crate.startsWith("promptgate-")).sort();
}

/** The text of THIRD-PARTY-LICENSES. */
export function thirdPartyLicences() {
  const { packages } = JSON.parse(execFileSync("cargo", ["metadata", "--locked", "--format-version", "1", "--filter-platform", "wasm32-unknown-unknown"], { encoding: "utf8", maxBuffer: 1 << 28 }));
  const known = new Map(packages.map((found) => [`${found.name} ${found.version}`, found]));
  const list = [], texts = new Map();
  for (const crate of crates()) {
    const { license, manifest_path: manifest } = known.get(crate);
    list.push(`${crate}: ${license}`);
    const folder = dirname(manifest);
    for (const file of readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file)).sort()) {
      const text = readFileSync(join(folder, file), "utf8").trim();
      texts.set(text, [...(texts.get(text) ?? []), crate]);
    }
  }
  const parts = [...texts].map(([text, crates]) => `${"-".repeat(80)}\n${crates.join(", ")}:\n\n${text}\n`);
  return `The WebAssembly of this package contains these crates.\n\n${list.join("\n")}\n\n${parts.join("\n")}`;
}
