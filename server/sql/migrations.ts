import type { Kysely } from 'kysely'
import * as core from './migrations/0001-core'
import * as runs from './migrations/0002-runs'
import * as shares from './migrations/0003-shares'
import * as blobs from './migrations/0004-blobs'
import * as bounds from './migrations/0005-bounds'
import * as aside from './migrations/0006-aside'
import type { Dialect } from './schema'

export interface Migration { name: string, up(database: Kysely<unknown>, dialect: Dialect): Promise<void> }

/** Append-only: a released migration never changes, and never goes. */
export const migrations: Migration[] = [
  { name: '0001-core', up: core.up },
  { name: '0002-runs', up: runs.up },
  { name: '0003-shares', up: shares.up },
  { name: '0004-blobs', up: blobs.up },
  { name: '0005-bounds', up: bounds.up },
  { name: '0006-aside', up: aside.up },
]
