/** The log. `columns` is the JSON of the change's columns, `bytes` the size of its entry on a page, `at` when it was stored. */
export interface ChangeTable {
  space: string
  seq: number
  device: string
  n: number
  table: string
  pk: string
  h: string
  bytes: number
  at: number
  columns: string
}

/** Merged state, one row per synced row. `hash` and `bucket` serve the comparison of replicas; `seq` is the last change that touched it. */
export interface EntityTable {
  space: string
  table: string
  pk: string
  seq: number
  bucket: number
  hash: number
  /** When the row was deleted (ms), null while it lives. */
  deleted_at: number | null
  h: string
  hx: string
  columns: string
}

/** What the server holds of a writer: its last stored `n` and the clock of that change. `server` is one too. */
export interface DeviceTable {
  space: string
  device: string
  upto: number
  upto_clock: string | null
}

/**
 * A key whose row or changes could not be read: its row as it stood, if there was one. `hash` is that row's own, by which the same
 * content is known again.
 */
export interface AsideTable {
  space: string
  table: string
  pk: string
  at: number
  hash: number | null
  reason: string
  h: string | null
  hx: string | null
  columns: string | null
}

/** The changes of such a key, in order. `merged` is 1 for those that its row held already. */
export interface AsideChangeTable {
  space: string
  table: string
  pk: string
  seq: number
  device: string
  n: number
  merged: number
  h: string
  columns: string
}
