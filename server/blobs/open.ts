import { join } from 'node:path'
import { createBlobs, type BlobDeps, type Blobs } from './blobs'
import { createFilesystemStore } from './filesystem-store'

/** Blobs in the data folder, rid of what an earlier process left half received. */
export async function openBlobs({ dataDir, ...deps }: Omit<BlobDeps, 'store'> & { dataDir: string }): Promise<Blobs> {
  const store = createFilesystemStore(join(dataDir, 'blobs'))
  await store.clean()
  return createBlobs({ ...deps, store })
}
