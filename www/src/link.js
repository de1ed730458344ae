// A document in the address's hash, which is never sent to a server.

/** Most characters of a shared document as JSON; more is neither packed nor unpacked. */
const MOST = 512 * 1024;
/** Most characters of a link: browsers refuse addresses of 1 MiB (Firefox) and 2 MiB (Chromium). */
const LONGEST = 1_000_000;

const tooLong = () => new Error("The text is too long for a link. Copy the text itself.");

/** `{ text, kind, dialect }` as a hash. Throws where the text is too long for `unpack` or for an address. */
export async function pack(shared) {
  const json = JSON.stringify(shared);
  if (json.length > MOST) throw tooLong();
  const stream = new Blob([json]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  const hash = `#1.${btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
  if (hash.length > LONGEST) throw tooLong();
  return hash;
}

/** Whether an address's hash is a document. */
export const isPacked = (hash) => hash.startsWith("#1.");

/** What a hash holds; undefined where it is none of ours. Throws where it is damaged. */
export async function unpack(hash) {
  const match = /^#1\.([\w-]+)$/.exec(hash);
  if (!match) return undefined;
  const binary = atob(match[1].replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"))
    .pipeThrough(new TextDecoderStream()).getReader();
  let json = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    json += part.value;
    if (json.length > MOST) throw new Error("too large");
  }
  const { text, kind = "", dialect = "" } = JSON.parse(json);
  if (typeof text !== "string") throw new Error("no text");
  return { text, kind: String(kind), dialect: String(dialect) };
}
