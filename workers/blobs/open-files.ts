import { Dexie } from 'dexie'
import type { BlobFiles } from './blob-files'
import { createIndexedFiles } from './indexed-files'
import { createOpfsFiles } from './opfs-files'

const indexedName = 'holdfast-blobs'

/** Files where the browser has them, else IndexedDB; found out at the first use. */
export function openBlobFiles(storage: StorageManager, now: () => number): BlobFiles {
  let opened: Promise<BlobFiles> | undefined
  const files = () => opened ??= hasHandles(storage).then((has) => (has ? createOpfsFiles(storage) : createIndexedFiles(indexedName, now)))
  return {
    write: async (sha256, bytes) => (await files()).write(sha256, bytes),
    read: async (sha256, size) => (await files()).read(sha256, size),
    remove: async (sha256) => (await files()).remove(sha256),
    list: async () => (await files()).list(),
    async clear() {
      await (await files()).clear()
      // From a time when this browser gave no files.
      await Dexie.delete(indexedName)
    },
  }
}

/** By opening a real handle: some browsers have the API and refuse its use. */
async function hasHandles(storage: StorageManager): Promise<boolean> {
  const name = `blob-probe-${crypto.randomUUID()}`
  try {
    const root = await storage.getDirectory()
    const handle = await (await root.getFileHandle(name, { create: true })).createSyncAccessHandle()
    handle.close()
    await root.removeEntry(name)
    return true
  } catch (error) {
    // eslint-disable-next-line no-console -- why attachments are not in files is told nowhere else
    console.info('attachments go to IndexedDB', error)
    return false
  }
}
