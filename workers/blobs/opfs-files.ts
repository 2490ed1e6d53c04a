/// <reference lib="dom.asynciterable" />
import { isBlobName, type BlobFiles } from './blob-files'

const folderName = 'holdfast-blobs'
const writeTries = 20
const writePauseMs = 100

/** Files in the origin's private file system, beside the database's pool. For workers: pages have no synchronous handles. */
export function createOpfsFiles(storage: StorageManager): BlobFiles {
  const root = () => storage.getDirectory()
  const folder = async () => (await root()).getDirectoryHandle(folderName, { create: true })

  async function find(sha256: string): Promise<File | null> {
    if (!isBlobName(sha256)) return null
    try {
      return await (await (await folder()).getFileHandle(sha256)).getFile()
    } catch (error) {
      if (isName(error, 'NotFoundError')) return null
      throw error
    }
  }

  async function remove(sha256: string): Promise<void> {
    try {
      await (await folder()).removeEntry(sha256)
    } catch (error) {
      if (!isName(error, 'NotFoundError')) throw error
    }
  }

  return {
    remove,
    async write(sha256, bytes) {
      if ((await find(sha256))?.size === bytes.size) return
      const file = await (await folder()).getFileHandle(sha256, { create: true })
      // Another tab may be writing the same bytes: it is waited for, and its work taken.
      for (let attempt = 1; ; attempt++) {
        const handle = await file.createSyncAccessHandle().catch((error: unknown) => {
          if (attempt === writeTries || !isName(error, 'NoModificationAllowedError')) throw error
          return null
        })
        if (handle) return fill(handle, bytes).catch((error: unknown) => remove(sha256).then(() => Promise.reject(error)))
        await new Promise((resolve) => setTimeout(resolve, writePauseMs))
      }
    },
    async read(sha256, size) {
      const file = await find(sha256)
      return file && (size === null || file.size === size) ? file : null
    },
    async list() {
      const found: { sha256: string, size: number, at: number }[] = []
      for await (const name of (await folder()).keys()) {
        const file = await find(name)
        if (file) found.push({ sha256: name, size: file.size, at: file.lastModified })
      }
      return found
    },
    async clear() {
      for (let attempt = 1; ; attempt++) {
        try {
          return await (await root()).removeEntry(folderName, { recursive: true })
        } catch (error) {
          if (isName(error, 'NotFoundError')) return
          // Another tab is writing one of them.
          if (attempt === writeTries || !isName(error, 'NoModificationAllowedError')) throw error
        }
        await new Promise((resolve) => setTimeout(resolve, writePauseMs))
      }
    },
  }
}

const isName = (error: unknown, name: string): boolean => error instanceof DOMException && error.name === name

/** From the beginning to the end: a file of full length is a whole one. */
async function fill(handle: FileSystemSyncAccessHandle, bytes: Blob): Promise<void> {
  try {
    handle.truncate(0)
    let at = 0
    const reader = bytes.stream().getReader()
    for (let { value } = await reader.read(); value; { value } = await reader.read()) at += handle.write(value, { at })
    if (at !== bytes.size) throw new DOMException('the file was not written whole', 'QuotaExceededError')
    handle.flush()
  } finally {
    handle.close()
  }
}
