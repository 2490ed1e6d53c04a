// npm run check: lint, types, import graph, unused code and unit tests, two at a time, in about a minute.
import { spawn } from 'node:child_process'
import { bin, ensureInstalled, ensurePrepared, requireNode, root } from './setup.mjs'

requireNode()
ensureInstalled()
ensurePrepared()

const steps = [
  ['types', bin('vue-tsc'), ['--noEmit', '-p', 'tsconfig.json']],
  ['lint', bin('eslint'), ['.', '--max-warnings=0', '--cache', '--cache-location', 'node_modules/.cache/eslint/']],
  ['imports', process.execPath, ['scripts/imports.mjs']],
  ['unused', bin('knip'), []],
  ['unit tests', bin('vitest'), ['run', 'tests/unit', 'tests/contract', 'tests/server', 'tests/database', '--reporter=dot']],
]

const failed = []
const next = async () => {
  const step = steps.shift()
  if (!step) return
  const [name, command, args] = step
  const started = Date.now()
  const output = []
  const code = await new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env: { ...process.env, FORCE_COLOR: '1' } })
    child.stdout.on('data', (data) => output.push(data))
    child.stderr.on('data', (data) => output.push(data))
    child.on('close', resolve)
  })
  if (code !== 0) {
    failed.push(name)
    process.stdout.write(Buffer.concat(output))
  }
  console.log(`${code === 0 ? '✓' : '✗'} ${name} (${Math.round((Date.now() - started) / 1000)} s)`)
  await next()
}
await Promise.all([next(), next()])
process.exitCode = failed.length > 0 ? 1 : 0
