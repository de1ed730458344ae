// The steps of `npm test`, each as soon as what it needs has passed, two at a time. A step's output is printed whole when
// it ends. What needs a step that failed is not run; everything else is. `scripts/test` calls this.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { CHROMIUM } from "../tests/page/site.mjs";

const { PROMPTGATE_PROFILE: profile, WASM_CARGO: wasmCargo } = process.env;
const RESULTS = "target/test-results";
rmSync(RESULTS, { recursive: true, force: true });
mkdirSync(RESULTS, { recursive: true });

const node = (name, files, atOnce = 2) => `node --test --test-concurrency=${atOnce} --test-reporter=dot --test-reporter-destination=stdout \
  --test-reporter=tap --test-reporter-destination=${RESULTS}/${name}.tap ${files}`;
const wasm = "--target wasm32-unknown-unknown";
// With the Worker, as `scripts/wasm` builds it: so its tests use the crates that are compiled already.
const border = `${wasmCargo} test --profile quick ${wasm} -p promptgate-worker -p promptgate-wasm --test border`;
const CHROMEDRIVER = [process.env.CHROMEDRIVER, "/usr/bin/chromedriver"].find((path) => path && existsSync(path));
// Debian's Rust, which serves where rustup cannot download the target, has no clippy.
const lintsWasm = wasmCargo.includes("RUSTUP_TOOLCHAIN") ? "cargo clippy --quiet" : `${wasmCargo} clippy --quiet ${wasm} --profile quick`;

/** By name: the command, the steps it `needs`, those it comes `after` (one cargo at a time), whether it only waits. */
const STEPS = {
  "format": { run: "cargo fmt --all --check" },
  "every requirement has its tests": { run: "node scripts/rows.mjs --check" },
  "clients": { run: "bash scripts/clients", waits: true },
  "tools of the package's tests": { run: `cmp -s tests/package/package-lock.json tests/package/node_modules/.promptgate-lock ||
    { (cd tests/package && npm install --no-save --no-fund --no-audit --loglevel=error) &&
      cp tests/package/package-lock.json tests/package/node_modules/.promptgate-lock; }`, waits: true },
  // Compiled in CI only: who has it anyway has its test anywhere.
  "wasm-pack": {
    run: `[ -z "\${CI:-}" ] || command -v wasm-pack || [ -x target/wasm-pack/bin/wasm-pack ] ||
      CARGO_PROFILE_RELEASE_OPT_LEVEL=0 cargo install --quiet wasm-pack --version 0.15.1 --root target/wasm-pack`, waits: true,
  },
  "build the Worker, the package and the page": { run: "bash scripts/build" },
  "programs of the tests": {
    // All tests together, and then all programs: named one by one, their crates would be compiled once more, with other
    // features. The end-to-end tests need not wait until the native ones have run.
    run: "cargo test --quiet --no-run && cargo build --quiet --bins --examples",
  },
  "size": { run: profile === "release" ? "node scripts/size.mjs" : "true", needs: ["build the Worker, the package and the page"] },
  "end to end in workerd": { run: node("end-to-end", `"tests/*.test.mjs"`, 4), needs: ["build the Worker, the package and the page", "programs of the tests"] },
  "native tests": { run: "cargo test --quiet --no-fail-fast", after: ["programs of the tests"] },
  "the border to JavaScript": {
    run: [border, ...(CHROMEDRIVER ? [`WASM_BINDGEN_USE_BROWSER=1 CHROMEDRIVER=${CHROMEDRIVER} ${border}`] : [])].join(" && "),
    after: ["build the Worker, the package and the page"], env: { CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: "wasm-bindgen-test-runner" },
  },
  "clients that nobody here wrote": { run: node("clients", `"tests/clients/*.test.mjs"`), needs: ["clients", "build the Worker, the package and the page", "programs of the tests"] },
  "what `npm start` prints": {
    run: node("start", "tests/start/*.test.mjs"), needs: ["clients", "build the Worker, the package and the page", "programs of the tests"], waits: true,
  },
  "the npm package, as packed": {
    run: node("package", `"tests/package/*.test.mjs"`), needs: ["build the Worker, the package and the page", "tools of the package's tests", "programs of the tests"], after: ["wasm-pack"],
  },
  "the page, in Chromium": { run: node("page", `"tests/page/*.test.mjs"`), needs: ["build the Worker, the package and the page"] },
  "lint": { run: "cargo clippy --quiet --all-targets -- -D warnings", after: ["native tests"] },
  "lint for Wasm": {
    run: `${lintsWasm} -p promptgate-worker -p promptgate-wasm --all-targets -- -D warnings`, after: ["the border to JavaScript"],
  },
  "oracles": { run: "bash scripts/oracles", after: ["lint"] },
  "dry run of the deployment": {
    run: `wrangler deploy --dry-run --outdir target/deploy 2>&1 | grep -v "^$"`, needs: ["build the Worker, the package and the page"],
    env: { PROMPTGATE_BUILT: "1", WRANGLER_SEND_METRICS: "false" },
  },
};

const skipped = [];
if (!existsSync("../shared/data")) skipped.push("what needs the evaluation data in ../shared/data (training, evaluation): it is not there");
if (!CHROMIUM) skipped.push("every test of the page: there is no Chromium here. Install it, or name it in CHROMIUM");
if (!CHROMEDRIVER) skipped.push("the border to JavaScript in Chromium: there is no chromedriver here. Install it, or name it in CHROMEDRIVER");
if (profile !== "release") skipped.push("the Worker's size: the Wasm is not the one that is deployed (PROMPTGATE_PROFILE=release npm test, and CI)");

const bold = (text) => `\n\x1b[1m${text}\x1b[0m`;
const started = Date.now() - Number(process.argv[2] ?? 0) * 1000;
const seconds = () => Math.round((Date.now() - started) / 1000);
const times = [], running = new Map(), passed = new Set(), failed = new Set();
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
const ready = ({ needs = [], after = [] }) => needs.every((need) => passed.has(need)) && after.every((name) => passed.has(name) || failed.has(name));
for (;;) {
  for (const [name, step] of waiting) {
    if (step.needs?.some((need) => failed.has(need))) {
      waiting.delete(name);
      failed.add(name);
      console.log(bold(`\x1b[31mNot run: ${name}`));
      continue;
    }
    const busy = [...running.keys()].filter((name) => !STEPS[name].waits).length;
    if (ready(step) && (step.waits || busy < 2)) {
      waiting.delete(name);
      start(name, step);
    }
  }
  if (running.size === 0) {
    for (const name of waiting.keys()) failed.add(name);
    break;
  }
  const { name, code, text, real, cpu } = await Promise.race([...running.values()].map(({ ended }) => ended));
  running.delete(name);
  output += text;
  console.log(`${bold(`== ${name}`)} (${seconds()} s)\n${text.trimEnd()}`);
  times.push({ name, real, cpu });
  if (code !== 0) console.log(bold(`\x1b[31mFailed: ${name}`));
  (code === 0 ? passed : failed).add(name);
}

// --- what was run, and how long each took ---
const count = { passed: 0, failed: 0, skipped: 0 };
for (const [, passed, failed, skipped] of output.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/gm)) {
  count.passed += Number(passed);
  count.failed += Number(failed);
  count.skipped += Number(skipped);
}
for (const name of ["end-to-end", "clients", "start", "package", "page"]) {
  if (!existsSync(`${RESULTS}/${name}.tap`)) continue;
  const tap = readFileSync(`${RESULTS}/${name}.tap`, "utf8");
  const number = (what) => Number(new RegExp(`^# ${what} (\\d+)$`, "m").exec(tap)?.[1] ?? 0);
  count.passed += number("pass");
  count.failed += number("fail") + number("cancelled");
  count.skipped += number("skipped");
}
console.log(bold("Seconds of each step, and CPU seconds"));
for (const { name, real, cpu } of times) console.log(`${real.toFixed(0).padStart(6)} ${cpu.toFixed(0).padStart(6)}  ${name}`);
console.log(`${String(seconds()).padStart(6)} ${times.reduce((sum, { cpu }) => sum + cpu, 0).toFixed(0).padStart(6)}  in all`);
for (const what of skipped) console.log(`\x1b[1;33mSKIPPED\x1b[0m ${what}`);
if (failed.size) console.log(bold(`\x1b[31mFailed or not run: ${[...failed].join("; ")}`));
// a step that failed without a failed test (a lint, a build) counts as one
console.log(`\n${count.passed} passed, ${Math.max(count.failed, failed.size)} failed, ${count.skipped} skipped`);
process.exitCode = failed.size ? 1 : 0;
