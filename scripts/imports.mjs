// Checks the import graph, then that the check itself still sees: a planted violation must be found.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { bin, root } from './setup.mjs'

const folders = ['app.vue', 'error.vue', 'pages', 'components', 'composables', 'markdown', 'stores', 'plugins', 'workers', 'server', 'shared'].filter((name) => existsSync(join(root, name)))
const cruise = (args, cwd, stdio) => spawnSync(bin('depcruise'), args, { cwd, stdio, encoding: 'utf8' })

const { status } = cruise(['--config', '.dependency-cruiser.mjs', ...folders], root, 'inherit')
if (status !== 0) process.exit(1)

const planted = join(root, 'tests', 'fixtures', 'planted-imports')
const { stdout } = cruise(['--config', join(root, '.dependency-cruiser.mjs'), '--output-type', 'json', 'stores', 'shared', 'server'], planted, 'pipe')
const names = new Set(JSON.parse(stdout).summary.violations.map((violation) => violation.rule.name))
const wanted = ['browser-without-server', 'shared-is-pure', 'resolvable', 'no-cycles']
const missed = wanted.filter((name) => !names.has(name))
if (missed.length > 0) {
  console.error(`The import check no longer sees planted violations: ${missed.join(', ')}`)
  process.exit(1)
}
