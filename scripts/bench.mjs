// npm run bench: every bench, one after another, against the built app, and at the end their rows as the table of docs/benchmarks.md.
// npm run bench -- browser: one of them. Numbers depend on the machine; ratios less so.
import { readdirSync, readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { ensureBrowser } from './browser.mjs'
import { ensureBuilt, ensureInstalled, requireNode, root, run } from './setup.mjs'

requireNode()
ensureInstalled()
ensureBuilt()
const all = readdirSync(join(root, 'bench')).filter((name) => name.endsWith('.mjs') && name !== 'support.mjs').map((name) => name.replace('.mjs', ''))
const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !all.includes(name))
if (unknown.length > 0) throw new Error(`there is no bench ${unknown.join(', ')}; there are ${all.join(', ')}`)
const wanted = asked.length > 0 ? asked : all
if (wanted.includes('browser')) ensureBrowser()
for (const name of wanted) run(process.execPath, [join('bench', `${name}.mjs`)])

const toLine = (cells) => `| ${cells.join(' | ')} |`
console.log(`\n${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`)
for (const [index, name] of wanted.entries()) {
  const { head, rows } = JSON.parse(readFileSync(join(root, 'bench', 'results', `${name}.json`), 'utf8'))
  if (index === 0) console.log([toLine(head), toLine(head.map(() => '---'))].join('\n'))
  console.log(rows.map(toLine).join('\n'))
}
