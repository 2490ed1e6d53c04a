import { createMemoryDriver } from '~/workers/database/driver-wasm'
import type { SqlDriver } from '~/workers/database/driver'
import type { ClosedFiles, OpenedStorage } from '~/workers/database/storage'

/** The origin's files with their exclusive handles: a file that one worker holds does not open for another, and a worker that dies lets go. */
export function createDisk() {
  const images = new Map<string, Uint8Array>()
  let open: { owner: string, name: string, driver: SqlDriver } | undefined

  const closedFiles: ClosedFiles = {
    find: (names) => Promise.resolve(names.filter((name) => images.has(name))),
    read: (name) => Promise.resolve(images.has(name) ? new Uint8Array(images.get(name)!) : null),
    keepOnly: (names) => Promise.resolve([...images.keys()].forEach((name) => names.includes(name) || images.delete(name))),
    remove: (names) => Promise.resolve(names.forEach((name) => images.delete(name))),
  }

  return {
    images, closedFiles,
    owner: () => open?.owner,
    /** The live database, for a test to look into. */
    driver: () => open?.driver,
    async open(owner: string, name: string): Promise<OpenedStorage> {
      if (open) throw new DOMException('another worker holds the file', 'NoModificationAllowedError')
      const driver = await createMemoryDriver(images.get(name))
      const mine = open = { owner, name, driver: { ...driver, close } }
      function close() {
        images.set(name, driver.export())
        driver.close()
      }
      return {
        mode: 'opfs', driver: mine.driver, bytes: () => 0,
        release() {
          if (open === mine) open = undefined
        },
      }
    },
    /** What was committed stays; the handles fall. */
    die(owner: string) {
      if (open?.owner !== owner) return
      images.set(open.name, open.driver.export())
      open = undefined
    },
  }
}
