// npm run bench: every bench, one after another, against the built app. Numbers depend on the machine; ratios less so.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ensureBuilt, ensureInstalled, requireNode, root, run } from './setup.mjs'

requireNode()
ensureInstalled()
ensureBuilt()
const wanted = process.argv.slice(2)
for (const file of readdirSync(join(root, 'bench')).filter((name) => name.endsWith('.mjs') && name !== 'support.mjs')) {
  if (wanted.length === 0 || wanted.includes(file.replace('.mjs', ''))) run(process.execPath, [join('bench', file)])
}
