// The steps of `npm test`, each as soon as what it needs has passed, two at a time. A step's output is printed whole when
// it ends; the first that fails ends the run. `scripts/test` calls this.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { CHROMIUM } from "../tests/page/site.mjs";

const { PROMPTGATE_PROFILE: profile, WASM_CARGO: wasmCargo } = process.env;
const RESULTS = "target/test-results";
rmSync(RESULTS, { recursive: true, force: true });
mkdirSync(RESULTS, { recursive: true });

const node = (name, files) => `node --test --test-concurrency=2 --test-reporter=dot --test-reporter-destination=stdout \
  --test-reporter=tap --test-reporter-destination=${RESULTS}/${name}.tap ${files}`;
const wasm = "--target wasm32-unknown-unknown";
// Debian's Rust, which serves where rustup cannot download the target, has no clippy.
const lintsWasm = wasmCargo.includes("RUSTUP_TOOLCHAIN") ? "cargo clippy --quiet" : `${wasmCargo} clippy --quiet ${wasm} --profile quick`;

/** By name: the command, the steps it needs, and whether it only waits for the network. */
const STEPS = {
  "format": { run: "cargo fmt --all --check" },
  "clients": { run: "bash scripts/clients", waits: true },
  "tools of the package's tests": { run: `cmp -s tests/package/package-lock.json tests/package/node_modules/.promptgate-lock ||
    { (cd tests/package && npm install --no-save --no-fund --no-audit --loglevel=error) &&
      cp tests/package/package-lock.json tests/package/node_modules/.promptgate-lock; }`, waits: true },
  "build the Worker, the package and the page": { run: "bash scripts/build", needs: ["format"] },
  "native tests": { run: "cargo test --quiet", needs: ["format"] },
  "size": { run: profile === "release" ? "node scripts/size.mjs" : "true", needs: ["build the Worker, the package and the page"] },
  "programs of the tests": {
    run: "cargo build --quiet -p promptgate-simulator && cargo build --quiet -p promptgate-core --example lint_report", needs: ["native tests"],
  },
  "end to end in workerd": { run: node("end-to-end", `"tests/*.test.mjs"`), needs: ["build the Worker, the package and the page", "programs of the tests"] },
  "the border to JavaScript": {
    run: `${wasmCargo} test --quiet --profile quick ${wasm} -p promptgate-wasm --test border`, needs: ["build the Worker, the package and the page"],
    env: { CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: "wasm-bindgen-test-runner" },
  },
  "clients that nobody here wrote": { run: node("clients", `"tests/clients/*.test.mjs"`), needs: ["clients", "end to end in workerd"] },
  "the npm package, as packed": {
    run: node("package", `"tests/package/*.test.mjs"`), needs: ["build the Worker, the package and the page", "tools of the package's tests", "programs of the tests"],
  },
  "the page, in Chromium": { run: node("page", `"tests/page/*.test.mjs"`), needs: ["build the Worker, the package and the page"] },
  "lint": { run: "cargo clippy --quiet --all-targets -- -D warnings", needs: ["native tests"] },
  "lint for Wasm": {
    run: `${lintsWasm} -p promptgate-worker -p promptgate-wasm --all-targets -- -D warnings`, needs: ["the border to JavaScript"],
  },
  "oracles": { run: "bash scripts/oracles", needs: ["lint"] },
  "dry run of the deployment": {
    run: `wrangler deploy --dry-run --outdir target/deploy 2>&1 | grep -v "^$"`, needs: ["end to end in workerd"],
    env: { PROMPTGATE_BUILT: "1", WRANGLER_SEND_METRICS: "false" },
  },
};

const skipped = [];
if (!existsSync("../shared/data")) skipped.push("what needs the evaluation data in ../shared/data (training, evaluation): it is not there");
if (!CHROMIUM) skipped.push("every test of the page: there is no Chromium here. Install it, or name it in CHROMIUM");
if (profile !== "release") skipped.push("the Worker's size: the Wasm is not the one that is deployed (PROMPTGATE_PROFILE=release npm test, and CI)");

const bold = (text) => `\n\x1b[1m${text}\x1b[0m`;
const started = Date.now() - Number(process.argv[2] ?? 0) * 1000;
const seconds = () => Math.round((Date.now() - started) / 1000);
const times = [], running = new Map(), passed = new Set();
let output = "";

/** Runs a step in a process group of its own; gives how it ended, its output, and its seconds and CPU seconds. */
function start(name, { run, env = {} }) {
  const child = spawn("bash", ["-c", `TIMEFORMAT='%R %U %S'; exec 3>&2; time { set -euo pipefail; { ${run}\n} 2>&3; }`], {
    detached: true, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env },
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece) => (text += piece));
  const ended = new Promise((resolve) => child.on("close", (code) => {
    const [, real, user, system] = /(?:^|\n)([\d.]+) ([\d.]+) ([\d.]+)\n$/.exec(text) ?? [];
    resolve({ name, code, text: text.replace(/[\d.]+ [\d.]+ [\d.]+\n$/, ""), real: Number(real), cpu: Number(user) + Number(system) });
  }));
  running.set(name, { child, ended });
}

const waiting = new Map(Object.entries(STEPS));
const ready = ({ needs = [] }) => needs.every((need) => passed.has(need));
for (;;) {
  for (const [name, step] of waiting) {
    const busy = [...running.keys()].filter((name) => !STEPS[name].waits).length;
    if (ready(step) && (step.waits || busy < 2)) {
      waiting.delete(name);
      start(name, step);
    }
  }
  if (running.size === 0) break;
  const { name, code, text, real, cpu } = await Promise.race([...running.values()].map(({ ended }) => ended));
  running.delete(name);
  output += text;
  console.log(`${bold(`== ${name}`)} (${seconds()} s)\n${text.trimEnd()}`);
  times.push({ name, real, cpu });
  if (code !== 0) {
    for (const { child } of running.values()) process.kill(-child.pid, "SIGTERM");
    console.log(bold(`\x1b[31mFailed: ${name}`));
    process.exit(1);
  }
  passed.add(name);
}

// --- what was run, and how long each took ---
let count = { passed: 0, skipped: 0 };
for (const [, ok, , ignored] of output.matchAll(/^test result: ok\. (\d+) passed; (\d+) failed; (\d+) ignored/gm)) {
  count = { passed: count.passed + Number(ok), skipped: count.skipped + Number(ignored) };
}
for (const name of ["end-to-end", "clients", "package", "page"]) {
  const tap = readFileSync(`${RESULTS}/${name}.tap`, "utf8");
  const number = (what) => Number(new RegExp(`^# ${what} (\\d+)$`, "m").exec(tap)[1]);
  count = { passed: count.passed + number("pass"), skipped: count.skipped + number("skipped") };
}
console.log(bold("Seconds of each step, and CPU seconds"));
for (const { name, real, cpu } of times) console.log(`${real.toFixed(0).padStart(6)} ${cpu.toFixed(0).padStart(6)}  ${name}`);
console.log(`${String(seconds()).padStart(6)} ${times.reduce((sum, { cpu }) => sum + cpu, 0).toFixed(0).padStart(6)}  in all`);
for (const what of skipped) console.log(`\x1b[1;33mSKIPPED\x1b[0m ${what}`);
console.log(`\n${count.passed} passed, 0 failed, ${count.skipped} skipped`);
