// Start to first count of one module, in a process of its own: from bytes in memory to the first answer.
import { readFileSync } from 'node:fs'
const [folder, vocabulary] = process.argv.slice(2)
const library = await import(`${folder}/tokens.js`)
const bytes = readFileSync(`${folder}/tokens_bg.wasm`)
const from = performance.now()
const { memory } = library.initSync({ module: bytes })
const count = library.count('Hello, how can I help you with your order today?', vocabulary === 'o200k')
const ms = performance.now() - from
console.log(JSON.stringify({ ms, count, memory: memory.buffer.byteLength }))
