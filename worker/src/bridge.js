// The half of `bridge.rs` in JavaScript. Each crossing between JavaScript and Wasm costs, and a closure of Rust's for each
// promise costs most: so one function does what would be many crossings, and who waits is a number.

/** Most bytes of one read: a few chunks of the network. */
const ROOM = 16 << 10;

/** Tells Rust: whose wait has ended, whether well, and with what. A new instance of the Wasm has another. */
let tell;
export function listen(callback) { tell = callback; }

export function settled(promise, number) {
  const to = tell;
  promise.then((value) => to(number, true, value), (error) => to(number, false, error));
}

export function aborted(signal, number) {
  const to = tell;
  signal.addEventListener("abort", () => to(number, true), { once: true });
}

export const timer = (ms, number) => setTimeout(tell, ms, number, true);
export const stop = (timer) => clearTimeout(timer);

/** The head of a request as lines: method, URL, and each header's name and value. */
export function asked(request) {
  return lines(`${request.method}\n${request.url}`, request.headers);
}

function lines(text, headers) {
  for (const [name, value] of headers) text += `\n${name}\n${value}`;
  return text;
}

/** Reads the body of a request; the number hears of all of it. */
export function whole(request, number) {
  const to = tell;
  request.arrayBuffer().then((body) => to(number, true, new Uint8Array(body)), (error) => to(number, false, error));
}

/** Headers from lines of names and values; what the platform refuses is left out. */
function headers(text) {
  const parts = text === "" ? [] : text.split("\n"), record = Object.create(null);
  // Of two that differ in case alone the later counts.
  for (let at = 0; at + 1 < parts.length; at += 2) record[parts[at].toLowerCase()] = parts[at + 1];
  try {
    // all of them in one crossing
    return new Headers(record);
  } catch {
    const all = new Headers();
    for (const name in record) try { all.set(name, record[name]); } catch { /* the others go */ }
    return all;
  }
}

export function answer(status, lines, body) {
  return new Response(body, { status, headers: headers(lines) });
}

export function bytes(status, lines, body) {
  return new Response(body.slice(), { status, headers: headers(lines) });
}

/** Sends a request; the number hears of the answer's head as lines, the status first, and of a reader of its body. */
export function send(network, method, url, lines, body, signal, number) {
  const to = tell;
  // A GET with a body, be it empty, is refused by the platform.
  const init = { method, redirect: "manual", headers: headers(lines), signal, ...(body.length > 0 && { body: body.slice() }) };
  ask(network, url, init).then((answer) => to(number, true, answer), (error) => to(number, false, error));
}

async function ask(network, url, init) {
  const response = await network.fetch(url, init);
  return { head: lines(`${response.status}`, response.headers), body: response.body === null ? undefined : new Reader(response.body) };
}

/** Asks an object; the number hears of its text, or of nothing where it does not answer 200. */
export function object(namespace, name, path, body, number) {
  const to = tell;
  text(namespace, name, path, body).then((text) => to(number, true, text), (error) => to(number, false, error));
}

async function text(namespace, name, path, body) {
  const init = body === undefined ? undefined : { method: "POST", body };
  const response = await namespace.getByName(name).fetch(`https://object/${path}`, init);
  const text = await response.text();
  return response.status === 200 ? text : undefined;
}

/** Reads a body into room of its own: what a read gives is there until the next. */
export class Reader {
  #reader;
  #room;
  /** What `gather` has got and not given, and who asks for it. */
  #gathered;
  constructor(body) { this.#reader = body.getReader({ mode: "byob" }); }

  /** The number hears of the next bytes, of `least` but for the last ones, or of null at the end. */
  read(least, number) {
    const to = tell, room = this.#room ?? new ArrayBuffer(ROOM);
    this.#room = undefined;
    // Workerd's own: done when so many bytes have come, or the end has. A read of each HTTP chunk costs some 100 µs.
    this.#reader.readAtLeast(least, new Uint8Array(room)).then(({ done, value }) => {
      this.#room = value?.buffer.byteLength === ROOM ? value.buffer : undefined;
      // The end may come with the bytes before it; then it comes again, alone.
      if (value?.byteLength > 0) to(number, true, value);
      else to(number, done, null);
    }, (error) => to(number, false, error));
  }

  /**
   * The number hears of what comes within `rest` ms, together, and where that is nothing, of the first bytes after it: each
   * chunk of the network is a read, and many are heard of at once. Not to be mixed with `read`.
   */
  gather(rest, number) {
    const all = this.#gathered ??= { bytes: new Uint8Array(2 * ROOM), length: 0 };
    Object.assign(all, { to: tell, number, over: rest <= 0 });
    if (!all.over) all.timer = setTimeout(() => { all.over = true; this.#give(all); }, rest);
    this.#give(all);
    if (all.number !== undefined && !all.reading) this.#pull(all);
  }

  #pull(all) {
    const room = this.#room ?? new ArrayBuffer(ROOM);
    this.#room = undefined;
    all.reading = true;
    this.#reader.readAtLeast(1, new Uint8Array(room)).then(({ done, value }) => {
      this.#room = value?.buffer.byteLength === ROOM ? value.buffer : undefined;
      all.reading = false;
      all.ended = done;
      if (value?.byteLength > 0) {
        all.bytes.set(value, all.length);
        all.length += value.byteLength;
      }
      this.#give(all);
      if (all.number !== undefined) this.#pull(all);
    }, () => {
      all.reading = false;
      all.failed = true;
      this.#give(all);
    });
  }

  /** Gives what has come, if it is asked for and it is time, or there will be no more, or no room for more. */
  #give(all) {
    const { to, number, length, ended, failed } = all;
    const due = length > 0 && (all.over || length > ROOM) || ended || failed;
    if (number === undefined || !due) return;
    clearTimeout(all.timer);
    all.number = all.timer = undefined;
    all.length = 0;
    // A copy: who asked may look at it only when its client has taken what was before.
    if (length > 0) to(number, true, all.bytes.slice(0, length));
    else to(number, !failed, null);
  }

  cancel() {
    clearTimeout(this.#gathered?.timer);
    this.#reader.cancel().catch(() => {});
  }
}
