import type { Kysely, Transaction } from 'kysely'
import type { BlobRefTable, BlobTable } from '../blobs/schema'
import type { RunEventTable, RunTable } from '../runs/schema'
import type { AuditTable, ShareItemTable, ShareKeyTable, ShareTable } from '../shares/tables'
import type { SpaceTable } from '../spaces/schema'
import type { AsideChangeTable, AsideTable, ChangeTable, DeviceTable, EntityTable } from '../sync/schema'
import type { ClientTokenTable, PairingCodeTable } from '../tokens/schema'

/** Every table of the server. Numbers are integers (times in ms), JSON is text, booleans are 0 or 1. Each interface stands beside its owner. */
export interface Schema {
  space: SpaceTable
  change: ChangeTable
  entity: EntityTable
  device: DeviceTable
  aside: AsideTable
  aside_change: AsideChangeTable
  client_token: ClientTokenTable
  pairing_code: PairingCodeTable
  run: RunTable
  run_event: RunEventTable
  share: ShareTable
  share_item: ShareItemTable
  share_key: ShareKeyTable
  audit: AuditTable
  blob: BlobTable
  blob_ref: BlobRefTable
}

export type Dialect = 'sqlite' | 'postgres'
export type Database = Kysely<Schema>
export type Trx = Transaction<Schema>
