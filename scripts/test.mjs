// npm test: installs what is missing, finds a browser, runs everything, and closes with one line of counts.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ensureBrowser } from './browser.mjs'
import { ensureFormerBuild } from './former-build.mjs'
import { bin, ensureBuilt, ensureInstalled, ensurePrepared, requireNode, root, run } from './setup.mjs'

requireNode()
ensureInstalled()
ensureBrowser()
ensurePrepared()

const reports = join(root, 'node_modules', '.cache', 'reports')
rmSync(reports, { recursive: true, force: true })
mkdirSync(reports, { recursive: true })
const vitestReport = join(reports, 'vitest.json')
const hostileReport = join(reports, 'hostile.json')
const playwrightReport = join(reports, 'playwright.json')
process.env.PLAYWRIGHT_JSON_OUTPUT_NAME = playwrightReport

const reporters = (file) => ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
const failed = []
const step = (name, work) => {
  const started = Date.now()
  try {
    work()
  } catch (error) {
    failed.push(name)
    console.error(error instanceof Error ? error.message : error)
  }
  console.log(`— ${name}: ${failed.includes(name) ? 'failed' : 'done'} in ${Math.round((Date.now() - started) / 1000)} s`)
}

step('lint', () => run(bin('eslint'), ['.', '--max-warnings=0']))
step('types', () => run(bin('vue-tsc'), ['--noEmit', '-p', 'tsconfig.json']))
step('imports', () => run(process.execPath, ['scripts/imports.mjs']))
step('unused', () => run(bin('knip'), []))
step('build', () => ensureBuilt())
step('former build', () => ensureFormerBuild())
// The real agent's client shares against the build; the other server tests run the routes in their own process.
step('vitest', () => run(bin('vitest'), ['run', '--project', 'node', '--project', 'components', ...reporters(vitestReport)], { env: { ...process.env, HOLDFAST_BUILT: '1' } }))
step('hostile', () => run(bin('vitest'), ['run', '--project', 'hostile', ...reporters(hostileReport)]))
step('size', () => run(bin('size-limit'), []))
step('playwright', () => run(bin('playwright'), ['test', '--reporter=list,json']))

const counts = { passed: 0, failed: 0, skipped: 0 }
for (const file of [vitestReport, hostileReport].filter(existsSync)) {
  const report = JSON.parse(readFileSync(file, 'utf8'))
  counts.passed += report.numPassedTests
  counts.failed += report.numFailedTests
  counts.skipped += report.numPendingTests + report.numTodoTests
}
if (existsSync(playwrightReport)) {
  const { stats } = JSON.parse(readFileSync(playwrightReport, 'utf8'))
  counts.passed += stats.expected
  counts.failed += stats.unexpected + stats.flaky
  counts.skipped += stats.skipped
}
if (failed.length > 0) {
  console.error(`Failed: ${failed.join(', ')}`)
  counts.failed = Math.max(counts.failed, 1)
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exitCode = failed.length > 0 ? 1 : 0
