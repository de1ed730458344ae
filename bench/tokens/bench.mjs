// The Wasm benchmark: this crate beside its peers in Node, in one run. Made ready by ./run.
import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const here = import.meta.dirname
// most peers are quadratic on hard texts: all libraries get so many bytes of them, ours then the whole too
const SHORT = 20_000
const libraries = [
  { name: 'promptgate-tokens', wasm: 'ours-' },
  { name: 'tiktoken-rs', wasm: 'tiktoken-rs-' },
  { name: 'bpe-openai', wasm: 'bpe-openai-' },
  { name: 'tiktoken (crate)', wasm: 'tiktoken-crate' },
  { name: 'gpt-tokenizer (npm)', npm: 'gpt-tokenizer' },
  { name: 'tiktoken (npm)', npm: 'tiktoken' },
]
const moduleOf = ({ npm, wasm }, vocabulary) => npm ?? `${here}/build/${wasm.endsWith('-') ? wasm + vocabulary : wasm}`
const table = (head, rows) => {
  console.log(`\n| ${head.join(' | ')} |\n|${'---|'.repeat(head.length)}`)
  for (const row of rows) console.log(`| ${row.join(' | ')} |`)
}
const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]
const figure = (number) => number.toFixed(number < 10 ? 1 : 0)

const corpora = readdirSync(`${here}/build/corpora`).map((file) => {
  const [, kind, name] = /^(\w+) (.*)\.txt$/.exec(file)
  const texts = readFileSync(`${here}/build/corpora/${file}`, 'utf8').split('\0')
  return { name, isHard: kind === 'hard', texts }
}).filter(({ name }) => name !== "'a' x 200k")
const order = ['chat', 'prose', 'code', 'multilingual']
corpora.sort((a, b) => a.isHard - b.isHard || order.indexOf(a.name) - order.indexOf(b.name))

/** MB/s of the best of some rounds for each counter, in turns so that noise hits all alike; and the totals. */
function speeds(counters, texts, rounds) {
  const bytes = Buffer.byteLength(texts.join(''))
  const best = counters.map(() => 0)
  const totals = counters.map(() => null)
  for (let round = 0; round < rounds; round++) {
    counters.forEach(({ count, npm }, at) => {
      // npm packages are an order of magnitude slower: once is enough
      if (npm && round > 0) return
      try {
        const from = performance.now()
        let total = 0
        for (const text of texts) total += count(text)
        best[at] = Math.max(best[at], bytes / 1e3 / (performance.now() - from))
        totals[at] = total
      } catch (error) {
        totals[at] = error
      }
    })
  }
  return { best, totals }
}

const [, , ...chosen] = process.argv
for (const vocabulary of chosen.length > 0 ? chosen : ['cl100k', 'o200k']) {
  console.log(`\n### ${vocabulary}_base, Wasm in Node ${process.version}`)
  const starts = libraries.map((library) => {
    const runs = Array.from({ length: library.npm ? 5 : 15 }, () =>
      JSON.parse(execFileSync(process.execPath, [`${here}/start.mjs`, moduleOf(library, vocabulary), vocabulary])))
    const bytes = library.wasm ? readFileSync(`${moduleOf(library, vocabulary)}/tokens_bg.wasm`) : null
    const ms = runs.map((run) => run.ms)
    const memory = runs[0].memory
    return [library.name, bytes ? (gzipSync(bytes, { level: 9 }).length / 1e3).toFixed(0) : '–',
      median(ms).toFixed(1), Math.min(...ms).toFixed(1), memory ? (memory / 1e6).toFixed(1) : '–']
  })

  const rows = []
  const after = new Map()
  const { load } = await import('./start.mjs')
  const counters = await Promise.all(libraries.map(async (library) =>
    ({ ...library, ...(await load(moduleOf(library, vocabulary), vocabulary)) })))
  for (const corpus of corpora) {
    const texts = corpus.isHard ? corpus.texts.map((text) => Buffer.from(text).subarray(0, SHORT).toString()) : corpus.texts
    const { best, totals } = speeds(counters, texts, corpus.isHard ? 3 : 4)
    // the native run has shown ours to be right on these texts; at least one peer must agree
    const isRight = (at) => totals[at] === totals[0]
    const cells = counters.map((_, at) =>
      totals[at] instanceof Error ? 'fails' : figure(best[at]) + (isRight(at) ? '' : ' (wrong)'))
    const peer = Math.max(...best.filter((_, at) => at > 0 && isRight(at)))
    // later texts of a megabyte lie in the module's memory themselves
    if (corpus.name === 'chat') {
      for (const library of counters) if (library.memory) after.set(library.name, (library.memory() / 1e6).toFixed(1))
    }
    const whole = corpus.isHard ? figure(speeds(counters.slice(0, 1), corpus.texts, 2).best[0]) : ''
    rows.push([corpus.name.replace('100k', '20k'), ...cells, peer > 0 ? (best[0] / peer).toFixed(2) : '–', whole])
  }
  table(['', 'Wasm, KB gzip -9', 'start to first count, ms, median of 15 (npm: 5)', 'least', 'memory then, MB', 'memory after chat, MB'],
    starts.map((row) => [...row, after.get(row[0]) ?? '–']))
  table(['MB/s (best); of hard texts 20 KB', ...libraries.map((library) => library.name), 'ours / best peer',
    'ours, hard texts whole'], rows)
}
