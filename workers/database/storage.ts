import { createMemoryDriver, createOpfsDriver, openPool } from './driver-wasm'
import type { SqlDriver } from './driver'

/** Where the database lives: a file in the origin's private file system, or, without one, memory. */
export interface OpenedStorage {
  mode: 'opfs' | 'memory'
  driver: SqlDriver
  /** What the file takes. */
  bytes(): number
  /** Lets go of the file handles after the database was closed, so that another tab can take them. */
  release(): void
}

const probes = 5
const probePauseMs = 200

let probing: Promise<boolean> | undefined

/** Whether this browser gives real file handles; asked once, and again if it did not. Called early, so that opening does not wait for it. */
export function hasFileHandles(): Promise<boolean> {
  probing ??= probeFileHandles().then((found) => {
    if (!found) probing = undefined
    return found
  })
  return probing
}

/** Found by opening one: some have the API and refuse its use (private windows). */
async function probeFileHandles(): Promise<boolean> {
  for (let probe = 0; probe < probes; probe++) {
    if (probe > 0) await new Promise((resolve) => setTimeout(resolve, probePauseMs))
    const name = `probe-${Math.random().toString(36).slice(2)}`
    try {
      const root = await navigator.storage.getDirectory()
      const handle = await (await root.getFileHandle(name, { create: true })).createSyncAccessHandle()
      handle.close()
      await root.removeEntry(name)
      return true
    } catch {
      // The next try may meet another state; the last one decides.
    }
  }
  return false
}

/** Opens the file of this name, or memory where there are no files. Throws while another worker holds the files. */
export async function openStorage(name: string): Promise<OpenedStorage> {
  if (!await hasFileHandles()) {
    const driver = await createMemoryDriver()
    return { mode: 'memory', driver, bytes: () => 0, release: () => {} }
  }
  const driver = await createOpfsDriver(name)
  return { mode: 'opfs', driver, bytes: driver.bytes, release: driver.pause }
}

const fileOf = (path: string): string => path.replace(/^\//, '').replace(/\.\d+\.sqlite3(-\w+)?$/, '')

/** Database files that are not open: of another space, or set aside for damage. */
export interface ClosedFiles {
  /** Which of these are there. */
  find(names: readonly string[]): Promise<string[]>
  /** The bytes of one, null if it is gone. */
  read(name: string): Promise<Uint8Array<ArrayBuffer> | null>
  /** Deletes them for good. Only names that the person asked to delete come here: an unknown file may be somebody's only copy. */
  remove(names: readonly string[]): Promise<void>
  /** Deletes all but these, as the person asked who deletes all there is. */
  keepOnly(names: readonly string[]): Promise<void>
}

export const closedFiles: ClosedFiles = {
  async find(names) {
    const there = new Set((await openPool()).getFileNames().map(fileOf))
    return names.filter((name) => there.has(name))
  },
  async read(name) {
    const pool = await openPool()
    const path = pool.getFileNames().filter((each) => fileOf(each) === name && each.endsWith('.sqlite3')).sort().at(-1)
    return path === undefined ? null : new Uint8Array(await pool.exportFile(path))
  },
  async remove(names) {
    const pool = await openPool()
    for (const path of pool.getFileNames()) if (names.includes(fileOf(path))) pool.unlink(path)
  },
  async keepOnly(names) {
    const pool = await openPool()
    for (const path of pool.getFileNames()) if (!names.includes(fileOf(path))) pool.unlink(path)
  },
}
