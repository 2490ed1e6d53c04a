import { Dexie, type EntityTable } from 'dexie'
import { isBlobName, type BlobFiles } from './blob-files'

interface FileRow { sha256: string, bytes: ArrayBuffer, mime: string, size: number, at: number }
type FilesDatabase = Dexie & { files: EntityTable<FileRow, 'sha256'> }

/** The same where the browser gives no file handles (private windows, old browsers): rows of IndexedDB. */
export function createIndexedFiles(name: string, now: () => number): BlobFiles {
  const database = new Dexie(name) as FilesDatabase
  // Size and time are indexed, so that a list never loads the bytes.
  database.version(1).stores({ files: 'sha256, [sha256+size+at]' })

  return {
    async write(sha256, bytes) {
      if (!isBlobName(sha256)) throw new TypeError('not the name of a blob')
      await database.files.put({ sha256, bytes: await bytes.arrayBuffer(), mime: bytes.type, size: bytes.size, at: now() })
    },
    async read(sha256, size) {
      const row = await database.files.get(sha256)
      return row && (size === null || row.size === size) ? new Blob([row.bytes], { type: row.mime }) : null
    },
    remove: (sha256) => database.files.delete(sha256),
    async list() {
      const keys = await database.files.orderBy('[sha256+size+at]').keys() as unknown as [string, number, number][]
      return keys.map(([sha256, size, at]) => ({ sha256, size, at }))
    },
    clear: () => database.files.clear(),
  }
}
