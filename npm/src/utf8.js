// UTF-8 for the glue. The platform's own where there is one; Jest's jsdom has none, and some test set-ups
// install one late: so it is looked up at the first use.
let decoder, encoder;

/** Text from well-formed UTF-8. */
export function decode(bytes) {
  decoder ??= typeof TextDecoder === "function" ? new TextDecoder("utf-8", { ignoreBOM: true }) : { decode: decodeSlowly };
  return decoder.decode(bytes);
}

/** Writes text as UTF-8 into `view`, which has room for it: `{ read, written }`. */
export function encodeInto(text, view) {
  encoder ??= typeof TextEncoder === "function" ? new TextEncoder() : { encodeInto: encodeSlowly };
  return encoder.encodeInto(text, view);
}

export function decodeSlowly(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at++];
    if (first < 0x80) {
      text += String.fromCharCode(first);
      continue;
    }
    const more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    let code = first & (0x3f >> more);
    for (let left = more; left > 0; left--) code = (code << 6) | (bytes[at++] & 0x3f);
    text += String.fromCodePoint(code);
  }
  return text;
}

export function encodeSlowly(text, view) {
  let written = 0;
  for (const character of text) {
    const point = character.codePointAt(0);
    // half of a pair has no UTF-8
    const code = point >= 0xd800 && point < 0xe000 ? 0xfffd : point;
    if (code < 0x80) {
      view[written++] = code;
      continue;
    }
    const more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    view[written++] = ((0xf0 << (3 - more)) & 0xff) | (code >> (6 * more));
    for (let left = more - 1; left >= 0; left--) view[written++] = 0x80 | ((code >> (6 * left)) & 0x3f);
  }
  return { read: text.length, written };
}
