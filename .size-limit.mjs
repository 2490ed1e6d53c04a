// Budgets of what a first visit downloads. The entry is what the page's shell loads: its script and everything that script imports at once.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = '.output/public'
const assets = join(folder, '_nuxt')
const shell = readFileSync(join(folder, 'index.html'), 'utf8')

const entry = new Set()
const follow = (name) => {
  if (entry.has(name)) return
  entry.add(name)
  const code = readFileSync(join(assets, name), 'utf8')
  for (const [, next] of code.matchAll(/(?:\bfrom|\bimport)\s*"\.\/([^"]+\.js)"/g)) follow(next)
}
for (const [, name] of shell.matchAll(/<(?:script|link)[^>]+(?:src|rel="modulepreload"[^>]+href)="\/_nuxt\/([^"]+\.js)"/g)) follow(name)

const matching = (pattern) => readdirSync(assets).filter((name) => pattern.test(name)).map((name) => join(assets, name))

export default [
  { name: 'app entry (JS, gzip)', path: [...entry].map((name) => join(assets, name)), limit: '250 kB', gzip: true },
  { name: 'database worker (JS, gzip)', path: matching(/^database\.worker.*\.js$/), limit: '180 kB', gzip: true },
  { name: 'SQLite (wasm, brotli)', path: matching(/^sqlite3.*\.wasm$/), limit: '370 kB', brotli: true },
]
