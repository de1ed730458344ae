// A document in the address's hash, which is never sent to a server.

/** Most characters of a shared document; more is not unpacked. */
const MOST = 512 * 1024;

/** `{ text, kind, dialect }` as a hash. */
export async function pack(shared) {
  const stream = new Blob([JSON.stringify(shared)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return `#1.${btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

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
