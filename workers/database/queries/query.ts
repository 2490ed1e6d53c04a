import type { z } from 'zod'
import type { queries, StorageState, SyncState } from '../../api'
import type { LocalDatabase, Touched } from '../open'

export type Queries = typeof queries
export type QueryName = keyof Queries
export type QueryParams<Q extends QueryName> = z.output<Queries[Q]['params']>
export type QueryAnswer<Q extends QueryName> = z.output<Queries[Q]['answer']>

/** What a query may read besides the rows. */
export interface QuerySources {
  db: LocalDatabase
  sync(): SyncState
  storage(): StorageState
  hasKey(): boolean
  /** A device's name by its id, if the server has told it. */
  deviceName(id: string): string | null
}

/** Things that change without a commit, and the queries that show them. */
export type Signal = 'sync' | 'storage' | 'key' | 'devices'

export interface Query<Q extends QueryName> {
  run(sources: QuerySources, params: QueryParams<Q>): QueryAnswer<Q>
  /** Whether a commit may change the answer. False alarms cost one run, a wrong no leaves a stale page. */
  touchedBy(touched: Touched, sources: QuerySources, params: QueryParams<Q>): boolean
  signals?: readonly Signal[]
}

export const touchesTable = (touched: Touched, ...names: Touched['rows'][number]['table'][]): boolean =>
  touched.all === true || touched.rows.some(({ table }) => names.includes(table))

export const touchesLocal = (touched: Touched, ...names: NonNullable<Touched['local']>): boolean =>
  touched.all === true || (touched.local ?? []).some((name) => names.includes(name))
