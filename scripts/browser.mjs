// A Chromium for tests, benches and screenshots: the one that is there, or one that this machine can install.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { bin, run } from './setup.mjs'

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']
const isWindows = process.platform === 'win32'

/**
 * Where a browser comes from, most wanted first. `path`: this program. `apt`: Debian's package. `playwright`: its own download.
 * Pure, so that every kind of machine can be tried: `env`, `exists(path)`, `osRelease` (text of /etc/os-release, '' elsewhere), `uid` (undefined on Windows).
 */
export function chooseBrowser({ env, exists, osRelease, uid }) {
  if (env.CHROMIUM) return [{ kind: 'path', path: env.CHROMIUM }]
  const path = findOnPath(env.PATH ?? '', exists)
  if (path) return [{ kind: 'path', path }]
  const isDebian = /^ID(?:_LIKE)?=.*\bdebian\b/m.test(osRelease)
  // Ubuntu's package of that name is a snap, which no container can run.
  const isUbuntu = /^ID=.*\bubuntu\b/m.test(osRelease)
  return [...(isDebian && !isUbuntu && uid === 0 ? [{ kind: 'apt' }] : []), { kind: 'playwright' }]
}

function findOnPath(path, exists) {
  for (const folder of path.split(delimiter).filter((folder) => folder !== '')) {
    for (const name of names) {
      const file = join(folder, isWindows ? `${name}.exe` : name)
      if (exists(file)) return file
    }
  }
  return undefined
}

const choices = () => chooseBrowser({
  env: process.env, exists: existsSync, uid: process.getuid?.(), osRelease: existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '',
})

/** The program named by `CHROMIUM`, or a Chromium on the PATH; undefined lets Playwright use the one it installed itself. */
export const findChromium = () => choices().find(({ kind }) => kind === 'path')?.path

/** Sees to it that there is a browser, installing one where none is; ends the process with one line where none can be had. */
export function ensureBrowser() {
  for (const { kind, path } of choices()) {
    if (kind === 'path') {
      if (existsSync(path)) return
      return giveUp(`CHROMIUM names ${path}, which is not there.`)
    }
    console.log(kind === 'apt' ? 'No Chromium here: installing Debian’s package …' : 'No Chromium here: Playwright installs one …')
    if (kind === 'apt' ? installPackage() : installByPlaywright()) return
  }
  giveUp('No browser for the tests could be installed. Install Chromium (Debian: apt-get install chromium), or set CHROMIUM to the path of one.')
}

function installPackage() {
  const options = { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  const apt = (...args) => spawnSync('apt-get', ['-qq', ...args], options).status === 0
  return apt('update') && apt('install', '-y', '--no-install-recommends', 'chromium')
}

function installByPlaywright() {
  try {
    run(bin('playwright'), ['install', 'chromium'])
    return true
  } catch {
    // It has said why; the caller says what else there is.
    return false
  }
}

function giveUp(words) {
  console.error(words)
  process.exit(1)
}
