// The Wasm benchmark: this crate beside its peers in Node, in one run. Made ready by ./run.
import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const here = import.meta.dirname
// what is quadratic, or slow on runs of one character, is not given more than this of a hard text
const SHORT = 20_000
const libraries = [
  { name: 'promptgate-tokens', wasm: { cl100k: 'ours-cl100k', o200k: 'ours-o200k' } },
  { name: 'tiktoken (crate)', wasm: 'tiktoken-crate', slowOnRuns: true },
  { name: 'gpt-tokenizer (npm)', npm: 'gpt-tokenizer', slowOnRuns: true },
  { name: 'tiktoken (npm)', npm: 'tiktoken', slowOnRuns: true },
]
const moduleOf = (library, vocabulary) => library.npm ?? `${here}/build/${library.wasm[vocabulary] ?? library.wasm}`
const table = (head, rows) => {
  console.log(`\n| ${head.join(' | ')} |\n|${'---|'.repeat(head.length)}`)
  for (const row of rows) console.log(`| ${row.join(' | ')} |`)
}
const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]

const corpora = readdirSync(`${here}/build/corpora`).map((file) => {
  const [, kind, name] = /^(\w+) (.*)\.txt$/.exec(file)
  const text = readFileSync(`${here}/build/corpora/${file}`, 'utf8')
  return { name, isHard: kind === 'hard', texts: text.split('\0'), bytes: Buffer.byteLength(text) }
})
const order = ['chat', 'prose', 'code', 'multilingual']
corpora.sort((a, b) => a.isHard - b.isHard || order.indexOf(a.name) - order.indexOf(b.name))

for (const vocabulary of ['cl100k', 'o200k']) {
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
  const counters = await Promise.all(libraries.map(async (library) => {
    const { load } = await import('./start.mjs')
    return { ...library, ...(await load(moduleOf(library, vocabulary), vocabulary)) }
  }))
  for (const corpus of corpora) {
    const best = counters.map(() => 0)
    const totals = counters.map(() => null)
    const skipped = (library) => corpus.isHard && library.slowOnRuns && corpus.bytes > SHORT
    for (let round = 0; round < (corpus.isHard ? 2 : 4); round++) {
      counters.forEach((library, at) => {
        // npm packages are an order of magnitude slower: once is enough
        if (skipped(library) || (library.npm && round > 0)) return
        const from = performance.now()
        let total = 0
        for (const text of corpus.texts) total += library.count(text)
        totals[at] = total
        best[at] = Math.max(best[at], corpus.bytes / 1e3 / (performance.now() - from))
      })
    }
    // the native run has shown ours to be right on these texts; at least one peer must agree
    const expected = totals[0]
    const cells = counters.map((_, at) =>
      totals[at] === null ? '–' : best[at].toFixed(best[at] < 10 ? 1 : 0) + (totals[at] === expected ? '' : ' (wrong)'))
    const peer = Math.max(...best.filter((_, at) => at > 0 && totals[at] === expected))
    // later texts of a megabyte lie in the module's memory themselves
    if (corpus.name === 'chat') {
      for (const library of counters) if (library.memory) after.set(library.name, (library.memory() / 1e6).toFixed(1))
    }
    rows.push([corpus.name, ...cells, peer > 0 ? (best[0] / peer).toFixed(2) : '–'])
  }
  table(['', 'Wasm, KB gzip -9', 'start to first count, ms, median of 15 (npm: 5)', 'least', 'memory then, MB', 'memory after chat, MB'],
    starts.map((row) => [...row, after.get(row[0]) ?? '–']))
  table(['MB/s (best)', ...libraries.map((library) => library.name), 'ours / best peer'], rows)
}
