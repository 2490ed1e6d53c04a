// What every command needs before it can work: packages and a build (a browser: browser.mjs). Uses Node and git only, since nothing else may be there yet.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '')
const isWindows = process.platform === 'win32'

/** What a build is made of. A change elsewhere (tests, docs, bench) needs no new build. */
const sources = [
  'app.vue', 'error.vue', 'nuxt.config.ts', 'package-lock.json', 'tsconfig.json', 'assets', 'components', 'composables', 'markdown', 'pages', 'plugins', 'public', 'scripts/threads.mjs', 'server',
  'shared', 'stores', 'workers',
]

/** Runs a command in the project with its output shown; throws with the command's name when it fails. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell: isWindows, ...options })
  if (error) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`)
}

/** The path of a package's command, so that no shell wrapper stands between us and the process. */
export const bin = (name) => join(root, 'node_modules', '.bin', isWindows ? `${name}.cmd` : name)

export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  console.error(`Holdfast needs Node 20.19 or newer; this is ${process.versions.node}.`)
  process.exit(1)
}

/** Installs the packages when the lock file, Node's version or the platform differ from the last installation. */
export function ensureInstalled() {
  const wanted = hash([join(root, 'package-lock.json')], `${process.versions.modules} ${process.platform} ${process.arch}`)
  const marker = join(root, 'node_modules', '.holdfast-install')
  if (read(marker) === wanted) return
  console.log('Installing packages (the first time takes a few minutes) …')
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  writeFileSync(marker, wanted)
}

/** Builds the app when a source differs from the last build. */
export function ensureBuilt() {
  const wanted = hash(sources.flatMap((source) => filesUnder(join(root, source))))
  const marker = join(root, '.output', '.holdfast-build')
  if (read(marker) === wanted && existsSync(join(root, '.output', 'server', 'index.mjs'))) return
  console.log('Building …')
  run(bin('nuxt'), ['build', '--logLevel=silent'], { env: { ...process.env, NODE_ENV: 'production' } })
  writeFileSync(marker, wanted)
}

/** Makes Nuxt's generated types, which lint and type-check read, when the configuration changed. */
export function ensurePrepared() {
  const wanted = hash([join(root, 'nuxt.config.ts'), join(root, 'package-lock.json'), ...filesUnder(join(root, 'pages'))])
  const marker = join(root, '.nuxt', '.holdfast-prepare')
  if (read(marker) === wanted && existsSync(join(root, '.nuxt', 'tsconfig.json'))) return
  run(bin('nuxt'), ['prepare', '--logLevel=silent'])
  mkdirSync(join(root, '.nuxt'), { recursive: true })
  writeFileSync(marker, wanted)
}

function filesUnder(path) {
  if (!existsSync(path)) return []
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path).sort().flatMap((name) => filesUnder(join(path, name)))
}

function hash(files, seed = '') {
  const digest = createHash('sha256').update(seed)
  for (const file of files) digest.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0')
  return digest.digest('hex')
}

function read(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}
