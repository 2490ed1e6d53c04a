import { randomBytes } from 'node:crypto'
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const keyFileName = 'codes.key'
const ownerOnly = 0o600

/**
 * The secret that pairing codes are hashed with, 32 bytes in `<data folder>/codes.key`, which only its owner reads: it lies apart from the
 * database, so that whoever gets hold of that, or of a copy, cannot try all codes there are. A file that is missing or
 * damaged is made anew; the codes that were open then are void.
 */
export function openCodeKey(dataDir: string): Buffer {
  const path = join(dataDir, keyFileName)
  const stored = readKey(path)
  if (stored) {
    chmodSync(path, ownerOnly)
    return stored
  }
  const key = randomBytes(32)
  // Written beside and renamed: a start that is cut off leaves no half of it.
  writeFileSync(`${path}.new`, key.toString('hex'), { mode: ownerOnly })
  renameSync(`${path}.new`, path)
  return key
}

function readKey(path: string): Buffer | null {
  try {
    const text = readFileSync(path, 'utf8').trim()
    return /^[0-9a-f]{64}$/.test(text) ? Buffer.from(text, 'hex') : null
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
