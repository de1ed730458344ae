// Loads one library. As a program: start to first count in a process of its own, from the module's
// bytes in memory (npm packages: from the import) to the first answer.
import { readFileSync } from 'node:fs'

/** A counter, from nothing. */
export async function load(name, vocabulary) {
  if (name === 'gpt-tokenizer') {
    const { countTokens } = await import(`gpt-tokenizer/encoding/${vocabulary}_base`)
    return { count: (text) => countTokens(text, { disallowedSpecial: new Set() }), from: 0 }
  }
  if (name === 'tiktoken') {
    const { get_encoding } = await import('tiktoken')
    const encoder = get_encoding(`${vocabulary}_base`)
    return { count: (text) => encoder.encode_ordinary(text).length, from: 0 }
  }
  const library = await import(`${name}/tokens.js?${vocabulary}`)
  const bytes = readFileSync(`${name}/tokens_bg.wasm`)
  const from = performance.now()
  const { memory } = library.initSync({ module: bytes })
  return { count: (text) => library.count(text, vocabulary === 'o200k'), memory: () => memory.buffer.byteLength, from }
}

if (import.meta.filename === process.argv[1]) {
  const [name, vocabulary] = process.argv.slice(2)
  const began = performance.now()
  const { count, memory, from } = await load(name, vocabulary)
  const first = count('Hello, how can I help you with your order today?')
  const ms = performance.now() - (from || began)
  console.log(JSON.stringify({ ms, first, memory: memory?.() }))
}
