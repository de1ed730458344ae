// The names of functions in a Wasm module, without the hashes that rustc gives functions and crates, sixteen digits that
// do not compress and say nothing, and without the modules of types: each megabyte of a Wasm costs its start some 10 ms. What
// is left makes a stack in production's log readable.
const FUNCTIONS = 1, CUSTOM = 0;
const HASH = /::h[0-9a-f]{16}|\[[0-9a-f]{16}\]/g;
const MODULES = /\b(?:[a-z_]\w*::)+(?=[A-Z])/g;

/** The module with shorter names; the same bytes where it has none (WebAssembly core specification, appendix A.7.4). */
export function shortenNames(module) {
  let at = 8;
  const out = [module.subarray(0, at)];
  while (at < module.length) {
    const id = module[at];
    const [length, start] = number(module, at + 1);
    const end = start + length;
    const [nameLength, nameStart] = id === CUSTOM ? number(module, start) : [0, start];
    const isNames = id === CUSTOM && text(module, nameStart, nameLength) === "name";
    out.push(isNames ? section(module.subarray(start, nameStart + nameLength), module.subarray(nameStart + nameLength, end)) : module.subarray(at, end));
    at = end;
  }
  return Buffer.concat(out);
}

function section(head, content) {
  const parts = [head];
  for (let at = 0; at < content.length;) {
    const [length, start] = number(content, at + 1);
    const part = content.subarray(start, start + length);
    const body = content[at] === FUNCTIONS ? functions(part) : part;
    parts.push(Buffer.from([content[at], ...bytes(body.length)]), body);
    at = start + length;
  }
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([CUSTOM, ...bytes(body.length)]), body]);
}

function functions(part) {
  let [count, at] = number(part, 0);
  const out = [Buffer.from(bytes(count))];
  while (count-- > 0) {
    const [index, behind] = number(part, at);
    const [length, start] = number(part, behind);
    const name = Buffer.from(text(part, start, length).replace(HASH, "").replace(MODULES, ""));
    out.push(Buffer.from([...bytes(index), ...bytes(name.length)]), name);
    at = start + length;
  }
  return Buffer.concat(out);
}

const text = (from, start, length) => Buffer.from(from.buffer, from.byteOffset + start, length).toString();

/** An unsigned LEB128 number, and where it ends. */
function number(from, at) {
  let value = 0, shift = 0, byte;
  do {
    byte = from[at++];
    value += (byte & 0x7f) * 2 ** shift;
    shift += 7;
  } while (byte & 0x80);
  return [value, at];
}

function bytes(value) {
  const out = [];
  do {
    const more = value > 0x7f;
    out.push((value & 0x7f) | (more ? 0x80 : 0));
    value = Math.floor(value / 0x80);
  } while (value > 0);
  return out;
}
