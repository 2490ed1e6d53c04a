import { join } from 'node:path'
import type { Blobs } from '../blobs/blobs'
import type { Config } from '../config'
import type { Log } from '../log'
import type { Database, Dialect } from '../sql/schema'
import { createErasure, type Erasure } from './erasure'
import { createExpiry } from './expiry'
import { createFiles } from './files'
import { createShareKeys } from './keys'
import { createOwnerShares } from './owner'
import { defaultQuotas, type ShareQuotas } from './quotas'
import { createRateLimits } from './rate'
import { createShareReader } from './read'
import { createSessionShares } from './sessions'
import { createThreadShares } from './threads'
import { createViews } from './views'

export interface SharesDeps { database: Database, dialect: Dialect, blobs: Blobs, now(): number, log: Log, config: Pick<Config, 'publicUrl' | 'shareAnonymous' | 'dataDir'> }

/** Publishing: sessions by agents with a secret, threads by their owner's devices, one reader and one page for both. */
export async function createShares({ config, dialect, blobs, ...deps }: SharesDeps, changedQuotas: Partial<ShareQuotas> = {}) {
  const quotas = { ...defaultQuotas, ...changedQuotas }
  const onDisk = createErasure({ database: deps.database, dialect })
  await onDisk.prepare()
  const erasure: Erasure = {
    ...onDisk,
    async settle() {
      files.clear()
      await onDisk.settle()
    },
  }
  const parts = { ...deps, erasure, quotas }
  const threads = createThreadShares({ ...parts, blobs })
  const reader = createShareReader({ ...deps, refresh: threads.refresh })
  const files = createFiles({ folder: join(config.dataDir, 'answers'), log: deps.log, quotas, open: reader.open })
  const expiry = createExpiry(parts)
  expiry.start()
  return {
    quotas,
    sessions: createSessionShares(parts),
    keys: createShareKeys(parts),
    owner: createOwnerShares(parts),
    rate: createRateLimits(quotas),
    anonymous: config.shareAnonymous,
    publicUrl: config.publicUrl,
    views: createViews(deps),
    files,
    threads,
    reader,
    expiry,
    async close() {
      expiry.stop()
      await files.close()
    },
  }
}
export type Shares = Awaited<ReturnType<typeof createShares>>
