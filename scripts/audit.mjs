// Known holes in what production is made of: fails on a high or critical one. A registry that answers no audits is said, not failed.
import { spawnSync } from 'node:child_process'
import { root } from './setup.mjs'

const { stdout, stderr } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' })

/** npm's report; null when it is none, as where the registry has no such service. */
function readReport() {
  try {
    const report = JSON.parse(stdout)
    return report.metadata?.vulnerabilities ? report : null
  } catch {
    return null
  }
}

const report = readReport()
if (!report) {
  const why = /audit endpoint|ENOTFOUND|ECONN|ETIMEDOUT|40[0-9]|50[0-9]/.exec(`${stdout}\n${stderr}`)?.[0] ?? 'no report'
  console.log(`npm audit: skipped, this registry answers no audits (${why}).`)
} else {
  const { low, moderate, high, critical } = report.metadata.vulnerabilities
  console.log(`npm audit: ${critical} critical, ${high} high, ${moderate} moderate, ${low} low in production dependencies.`)
  if (critical + high > 0) {
    for (const [name, { severity, range }] of Object.entries(report.vulnerabilities)) console.error(`  ${severity}: ${name} ${range}`)
    process.exitCode = 1
  }
}
