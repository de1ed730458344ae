// The gateway in raw workerd: `HOST`, `PORT` and `DATA` say where, every other setting is the gateway's own.
// SIGTERM and SIGINT stop it when the requests in flight have ended and what they leave behind is kept, at the latest after
// `GRACE_SECONDS`.
import { spawn } from "node:child_process";
import { accessSync, constants, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { nearest } from "../npm/src/cli/usage.js";
import { SETTINGS, configuration, secretsOf } from "./workerd.mjs";
import workerd from "workerd";

/** Says what is wrong, and ends. */
function refuse(message) {
  console.error(message);
  process.exit(1);
}

// What is set and empty counts as not set, as with the gateway's own settings.
const own = (name, otherwise) => process.env[name]?.trim() || otherwise;
const [host, port, data, grace] = [own("HOST", "127.0.0.1"), own("PORT", "8787"), own("DATA", "data"), own("GRACE_SECONDS", "30")];
if (!/^\d{1,6}$/.test(grace)) refuse("GRACE_SECONDS must be a whole number of seconds, from 0 to 999999.");
// Another program there would answer in the gateway's place.
await new Promise((resolve, reject) => {
  const probe = createServer().once("error", reject).listen({ host, port: Number(port) }, () => probe.close(resolve));
}).catch(({ code, message }) => refuse(`The gateway cannot listen at ${host}:${port} (${code ?? message}): set HOST or PORT, or stop what is there.`));
const folder = resolve(data);
try {
  mkdirSync(`${folder}/objects`, { recursive: true, mode: 0o700 });
  accessSync(`${folder}/objects`, constants.W_OK);
} catch ({ code, message }) {
  refuse(`The gateway cannot write in ${folder} (${code ?? message}): set DATA to a folder of its own that it may write in.`);
}
if (!(await held(folder))) refuse(`Another gateway has its data in ${folder}: stop it, or set DATA to another folder.`);

const secrets = [...secretsOf(process.env.UPSTREAMS), ...secretsOf(process.env.WEBHOOKS)];
const names = [...SETTINGS, ...secrets].filter((name) => process.env[name] !== undefined);
// The gateway is given what it knows: it cannot say that a name is misspelt.
for (const name of Object.keys(process.env)) {
  const meant = names.includes(name) ? undefined : nearest(name, SETTINGS);
  if (meant && !secrets.includes(name)) console.error(`There is no setting ${name}: did you mean ${meant}? It has no effect.`);
}
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

/**
 * Whether the folder is this process' own, until it ends: who has it listens at a Unix socket in it. One whose owner has died is
 * taken over. Where there can be no such socket nobody is kept out.
 */
async function held(folder) {
  // The path of a socket has some hundred bytes at most.
  const absolute = join(folder, "owner"), below = relative("", absolute);
  const place = below.length < absolute.length ? below : absolute;
  const listen = () => new Promise((resolve) => {
    const owner = createServer((other) => other.destroy()).once("error", ({ code }) => resolve(code)).listen(place, () => resolve(undefined));
    owner.unref();
  });
  if ((await listen()) !== "EADDRINUSE") return true;
  const answered = await new Promise((resolve) => {
    const other = connect(place, () => resolve(true)).once("error", () => resolve(false)).once("close", () => other.destroy());
  });
  if (answered) return false;
  rmSync(place, { force: true });
  return (await listen()) !== "EADDRINUSE";
}

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
