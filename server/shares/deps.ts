import type { Log } from '../log'
import type { Database } from '../sql/schema'
import type { Erasure } from './erasure'
import type { ShareQuotas } from './quotas'

/** What every part of shares is built from. */
export interface ShareDeps {
  database: Database
  erasure: Erasure
  /** Ms since 1970. */
  now: () => number
  log: Log
  quotas: ShareQuotas
}
