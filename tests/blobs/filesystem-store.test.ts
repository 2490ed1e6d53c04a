import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createFilesystemStore } from '~/server/blobs/filesystem-store'
import { storeContract } from './store-contract'

storeContract('files', async () => {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-blobs-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  return {
    store: createFilesystemStore(root),
    leftovers: async () => (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile() && entry.parentPath.endsWith('incoming')).length,
    reopen: async () => createFilesystemStore(root),
  }
})
