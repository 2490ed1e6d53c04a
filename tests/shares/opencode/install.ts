import { execFile } from 'node:child_process'
import { accessSync, constants, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const version = '1.18.33'
const cache = fileURLToPath(new URL('../../../node_modules/.cache/opencode/', import.meta.url))

const isThere = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * The real agent's binary: installed once by npm into a cache folder, since 60 MB are too much for a dependency. Null where there is no
 * binary for this machine, or npm reaches no registry.
 */
export async function installOpencode(): Promise<string | null> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return null
  const folder = join(cache, version)
  const binary = join(folder, 'node_modules', 'opencode-linux-x64', 'bin', 'opencode')
  if (isThere(binary)) return binary
  mkdirSync(folder, { recursive: true })
  try {
    const options = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--fetch-retries=1', '--fetch-timeout=60000']
    await promisify(execFile)('npm', ['install', ...options, '--prefix', folder, `opencode-linux-x64@${version}`], { timeout: 300_000 })
  } catch (error) {
    console.warn(`opencode ${version} could not be installed: ${error instanceof Error ? error.message.split('\n', 1)[0] : String(error)}`)
    return null
  }
  return isThere(binary) ? binary : null
}
