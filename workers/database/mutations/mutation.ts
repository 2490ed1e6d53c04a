import type { mutations } from '../../api'
import type { z } from 'zod'
import { writeLocal, type LocalChange } from '../local-write'
import type { LocalDatabase, Touched } from '../open'

export type Mutations = typeof mutations
export type MutationName = keyof Mutations
export type MutationRequest<N extends MutationName> = z.output<Mutations[N]['request']>
export type MutationAnswer<N extends MutationName> = z.output<Mutations[N]['answer']>

/** What a mutation writes with, inside its transaction. */
export interface MutationContext {
  db: LocalDatabase
  /** Rows of synced tables: stamped, merged and put in the outbox. */
  write(changes: LocalChange[]): void
  /** A table of the device alone was written. */
  touch(table: NonNullable<Touched['local']>[number]): void
}

export type Mutation<N extends MutationName> = (context: MutationContext, request: MutationRequest<N>) => MutationAnswer<N>

/** A replay comes within seconds; results are kept for a day. */
const keepResults = 24 * 60 * 60_000

/**
 * Runs one write: rows, outbox entries and the mutation's result in one transaction. A mutation id that was seen before writes
 * nothing and gets its first answer (sync.md §1).
 */
export function runMutation<A extends object>(db: LocalDatabase, id: string, work: (context: MutationContext) => A): A {
  const touched: Touched & { local: NonNullable<Touched['local']> } = { rows: [], local: [] }
  const answer = db.driver.transaction(() => {
    const before = db.driver.get<{ result: string }>('select result from mutation where id = ?', [id])
    if (before) return JSON.parse(before.result) as A
    const result = work({
      db,
      write(changes) {
        const { rows, local } = writeLocal(db, changes)
        touched.rows.push(...rows)
        touched.local.push(...local ?? [])
      },
      touch: (table) => void touched.local.push(table),
    })
    db.driver.run('insert into mutation (id, result, at) values (?, ?, ?)', [id, JSON.stringify(result), db.now()])
    db.driver.run('delete from mutation where at < ?', [db.now() - keepResults])
    return result
  })
  if (touched.rows.length > 0 || touched.local.length > 0) db.committed(touched)
  return answer
}
