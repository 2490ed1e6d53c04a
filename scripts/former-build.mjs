// A build of an earlier commit, for the journeys in which an installed build meets this one. Made once and kept: the commit is named here.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bin, root, run } from './setup.mjs'

/** The last build whose pages know of no update. */
export const formerCommit = '48773a739d60d4105f1a37a4be4872d679da6a12'
// Not within node_modules, which a build takes for other people's code.
const cache = join(root, '.cache', 'former-build')

/** Where that build's `.output` stands once it has been made. */
export const formerOutput = join(cache, formerCommit)

/** Builds it with the packages of today; says so in a line where the history does not reach back to it. */
export function ensureFormerBuild() {
  if (existsSync(formerOutput)) return
  const archive = spawnSync('git', ['archive', '--format=tar', formerCommit], { cwd: root, maxBuffer: 1 << 30 })
  if (archive.status !== 0) return console.log(`Commit ${formerCommit} is not in this clone: the journey from its build is left out.`)
  const work = join(cache, 'work')
  rmSync(work, { recursive: true, force: true })
  mkdirSync(work, { recursive: true })
  try {
    run('tar', ['-x'], { cwd: work, input: archive.stdout, stdio: ['pipe', 'inherit', 'inherit'] })
    run(bin('nuxt'), ['build', '--logLevel=silent'], { cwd: work, env: { ...process.env, NODE_ENV: 'production' } })
    renameSync(join(work, '.output'), formerOutput)
  } finally {
    rmSync(work, { recursive: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) ensureFormerBuild()
