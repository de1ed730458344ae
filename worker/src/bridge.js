// The half of `bridge.rs` in JavaScript. Each crossing between JavaScript and Wasm costs, and a closure of Rust's for each
// promise costs most: so one function does what would be many crossings, and who waits is a number.

/** Most bytes of one read: a few chunks of the network. The first reads have less: a crowd of streams would have more room
 * cleared for it than it ever fills. */
const ROOM = 16 << 10, LITTLE = 2 << 10;
/** An answer is a fast one with so many chunks in one `gather`; it is split once it has had `LONG` of them: a shorter one is
 * read sooner than it is split. */
const FAST = 40, LONG = 128;
/** Longest body that is read at once, where its length is known: a reader costs more than such a body. */
const SHORT = 4 << 10;

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
  // One crossing; an iterator is one for each header.
  headers.forEach((value, name) => { text += `\n${name}\n${value}`; });
  return text;
}

/** Reads the body of a request or an answer; the number hears of all of it. */
export function whole(message, number) {
  const to = tell;
  message.arrayBuffer().then((body) => to(number, true, new Uint8Array(body)), (error) => to(number, false, error));
}

const NAME = /^[\w!#$%&'*+.^`|~-]+$/, ODD = /[^\t\n\x20-\x7e]/;

/** Headers from lines of names and values; what the platform refuses is left out. */
function headers(text) {
  const parts = text === "" ? [] : text.split("\n"), record = Object.create(null);
  let plain = !ODD.test(text);
  // Of two that differ in case alone the later counts.
  for (let at = 0; at + 1 < parts.length; at += 2) {
    record[parts[at].toLowerCase()] = parts[at + 1];
    plain &&= NAME.test(parts[at]);
  }
  // The platform makes headers of it itself; some of ours it would copy.
  if (plain) return record;
  const all = new Headers();
  for (const name in record) try { all.set(name, record[name]); } catch { /* the others go */ }
  return all;
}

export function answer(status, lines, body) {
  return new Response(body, { status, headers: headers(lines) });
}

/** Writes; the number hears when the client has taken the bytes. */
export function write(writer, bytes, number) {
  settled(writer.write(bytes.slice()), number);
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
  const response = await network.fetch(url, init), { status, headers, body } = response;
  const length = headers.get("content-length");
  const short = length !== null && length <= SHORT && !headers.has("content-encoding");
  return { head: lines(`${status}`, headers), body: body === null ? undefined : short ? new Short(response, length) : new Reader(body) };
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

/** A short body, with the methods of a `Reader`: read whole, or as it comes where that is asked for. */
class Short {
  #response;
  #reader;
  /** There is nothing to cancel: it is empty, or all of it is being read. */
  #taken;
  constructor(response, length) {
    this.#response = response;
    this.#taken = length === "0";
  }

  read(_, number) {
    this.#taken = true;
    whole(this.#response, number);
  }

  gather(rest, number) {
    this.#reader ??= new Reader(this.#response.body);
    this.#reader.gather(rest, number);
  }

  cancel() {
    if (this.#reader) this.#reader.cancel();
    else if (!this.#taken) this.#response.body.cancel().catch(() => {});
  }
}

/** Reads a body into room of its own: what a read gives is there until the next. */
export class Reader {
  #body;
  #reader;
  #room;
  #size = LITTLE;
  /** What `gather` has got and not given, and who asks for it. */
  #gathered;
  /** Of a fast answer: what lets its chunks come, and how many bytes of them nobody has read yet. */
  #pump;
  constructor(body) {
    this.#body = body;
    this.#reader = body.getReader({ mode: "byob" });
  }

  /** The number hears of the next bytes, of `least` but for the last ones, or of null at the end. */
  read(least, number) {
    const to = tell;
    this.#begin(least).then(({ done, value }) => {
      this.#end(value);
      // The end may come with the bytes before it; then it comes again, alone.
      if (value?.byteLength > 0) to(number, true, value);
      else to(number, done, null);
    }, (error) => to(number, false, error));
  }

  /** Workerd's own read: done when so many bytes have come, or the end has. One of each HTTP chunk costs some 100 µs. */
  #begin(least) {
    if (least > this.#size) this.#size = ROOM;
    const room = this.#room?.byteLength >= this.#size ? this.#room : new ArrayBuffer(this.#size);
    this.#room = undefined;
    return this.#reader.readAtLeast(least, new Uint8Array(room));
  }

  /** What a read has given; its room is the next one's, or a larger one where it was filled. */
  #end(value) {
    this.#room = value?.buffer;
    if (value?.byteLength === this.#size) this.#size = ROOM;
  }

  /**
   * The number hears of what comes within `rest` ms, together, and where that is nothing, of the first bytes after it: each
   * chunk of the network is a read, and many are heard of at once. Not to be mixed with `read`.
   */
  gather(rest, number) {
    const all = this.#gathered ??= { bytes: new Uint8Array(LITTLE), length: 0, chunks: 0 };
    Object.assign(all, { to: tell, number, due: Date.now() + rest, reads: 0 });
    this.#look(all);
  }

  /** Gives what there is, or reads on. */
  #look(all) {
    this.#give(all);
    if (all.number !== undefined && !all.reading) this.#pull(all);
  }

  /** Looks again when it is time. */
  #wait(all, left) {
    all.timer ??= setTimeout(() => { all.timer = undefined; this.#look(all); }, left);
  }

  #pull(all) {
    const left = all.due - Date.now(), pump = this.#pump;
    // One read then gives all that has come meanwhile.
    if (left > 0 && pump?.ahead < ROOM && !pump.ended) return this.#wait(all, left);
    all.reading = true;
    this.#begin(1).then(({ done, value }) => {
      this.#end(value);
      all.reading = false;
      all.ended = done;
      const length = value?.byteLength ?? 0;
      if (pump) {
        pump.ahead -= length;
        this.#fill(all);
      } else if (this.#isFast(all) && !done) {
        this.#split(all);
      }
      if (length > 0) {
        if (all.length + length > all.bytes.length) {
          const before = all.bytes;
          all.bytes = new Uint8Array(2 * ROOM);
          all.bytes.set(before);
        }
        all.bytes.set(value, all.length);
        all.length += length;
      }
      this.#look(all);
    }, () => {
      all.reading = false;
      all.failed = true;
      this.#give(all);
    });
  }

  #isFast(all) {
    all.chunks++;
    all.reads++;
    return all.reads >= FAST && all.chunks >= LONG;
  }

  /**
   * A read gives one chunk, and one of more bytes cannot be taken back with what it has got. So a fast answer is split: the
   * platform pumps one half, chunk by chunk, into what is read by much at once; of the other half one read gives all that has
   * been pumped until then. The pump is never ahead by more than two reads, so a client that is slow holds upstream back.
   */
  #split(all) {
    this.#reader.releaseLock();
    const [source, pumped] = this.#body.tee(), { readable, writable } = new IdentityTransformStream();
    pumped.pipeTo(writable).catch(() => {});
    this.#reader = source.getReader({ mode: "byob" });
    this.#pump = { reader: readable.getReader({ mode: "byob" }), room: new ArrayBuffer(ROOM), ahead: 0, reading: false, ended: false };
    this.#fill(all);
  }

  /** Lets the pump go on, unless it is ahead. */
  #fill(all) {
    const pump = this.#pump;
    if (pump.reading || pump.ended || pump.ahead >= ROOM) return;
    pump.reading = true;
    const came = (value) => {
      const length = value?.byteLength ?? 0;
      Object.assign(pump, { reading: false, room: value?.buffer, ahead: pump.ahead + length, ended: length < ROOM });
      this.#fill(all);
      this.#look(all);
    };
    pump.reader.readAtLeast(ROOM, new Uint8Array(pump.room)).then(({ value }) => came(value), () => came());
  }

  /** Gives what has come, if it is asked for and it is time, or there will be no more, or no room for more. */
  #give(all) {
    const { to, number, length, ended, failed } = all;
    if (number === undefined) return;
    if (!ended && !failed && length <= ROOM) {
      if (length === 0) return;
      const left = all.due - Date.now();
      // A timer only where there is something to give.
      if (left > 0) return this.#wait(all, left);
    }
    if (all.timer !== undefined) clearTimeout(all.timer);
    all.number = all.timer = undefined;
    all.length = 0;
    // A copy: who asked may look at it only when its client has taken what was before.
    if (length > 0) to(number, true, all.bytes.slice(0, length));
    else to(number, !failed, null);
  }

  cancel() {
    clearTimeout(this.#gathered?.timer);
    this.#reader.cancel().catch(() => {});
    this.#pump?.reader.cancel().catch(() => {});
  }
}
