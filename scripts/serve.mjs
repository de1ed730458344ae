// The gateway in raw workerd: `HOST`, `PORT` and `DATA` say where, every other setting is the gateway's own.
// SIGTERM and SIGINT stop it when the requests in flight have ended and what they leave behind is kept, at the latest after
// `GRACE_SECONDS`.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { SETTINGS, configuration, secretsOf } from "./workerd.mjs";
import workerd from "workerd";

const { HOST: host = "127.0.0.1", PORT: port = "8787", DATA: data = "data", GRACE_SECONDS: grace = "30" } = process.env;
// Another program there would answer in the gateway's place.
await new Promise((resolve, reject) => {
  const probe = createServer().once("error", reject).listen({ host, port: Number(port) }, () => probe.close(resolve));
}).catch(({ code, message }) => {
  console.error(`The gateway cannot listen at ${host}:${port} (${code ?? message}): set HOST or PORT, or stop what is there.`);
  process.exit(1);
});
const folder = resolve(data);
mkdirSync(`${folder}/objects`, { recursive: true, mode: 0o700 });

const names = [...SETTINGS, ...secretsOf(process.env.UPSTREAMS), ...secretsOf(process.env.WEBHOOKS)].filter((name) => process.env[name] !== undefined);
const file = `${folder}/workerd.capnp`;
// The path of a socket has some hundred bytes at most: not below `DATA`.
const sockets = mkdtempSync(join(tmpdir(), "promptgate-"));
const drain = join(sockets, "drain");
process.on("exit", () => rmSync(sockets, { recursive: true, force: true }));
writeFileSync(file, configuration({
  // embedded files are named from the folder of the configuration
  build: `${relative(folder, fileURLToPath(new URL("../worker/build/", import.meta.url)))}/`,
  wrangler: readFileSync(new URL("../wrangler.toml", import.meta.url), "utf8"),
  address: `${host.includes(":") ? `[${host}]` : host}:${port}`, drain, objects: `${folder}/objects`, names,
}));

// Settings reach workerd by the environment alone: none is written to the disk or shown in the list of processes.
const child = spawn(workerd.default ?? workerd, ["serve", file], { stdio: ["ignore", "inherit", "inherit"] });
let stopping = false;
function stop(signal) {
  if (stopping) return;
  stopping = true;
  console.error(`${signal}: waiting for the requests in flight, at most ${grace} s`);
  // workerd waits for answers only. The answer of `drain` ends when audit rows, metrics and webhook events are stored.
  let told = false;
  const end = () => {
    if (!told) child.kill("SIGTERM");
    told = true;
  };
  const request = http.get({ socketPath: drain, timeout: 1000 }, (response) => response.on("data", end).on("end", end).on("error", end));
  request.on("error", end).on("timeout", end);
  setTimeout(() => child.kill("SIGKILL"), Number(grace) * 1000).unref();
}
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => stop(signal));
child.on("exit", (code, signal) => {
  if (!stopping) console.error(`workerd ended by itself (${signal ?? code})`);
  process.exitCode = stopping ? 0 : 1;
});

const url = `http://${host.includes(":") ? `[${host}]` : host === "0.0.0.0" ? "127.0.0.1" : host}:${port}`;
for (let tries = 0; !stopping && child.exitCode === null && tries < 300; tries++) {
  const health = await fetch(`${url}/healthz`).catch(() => undefined);
  if (health) {
    const text = await health.text();
    console.error(health.ok ? `Promptgate is at ${url}, its data in ${folder}` : `Promptgate at ${url} serves nothing yet: ${text}`);
    break;
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
}
