import { sql } from 'kysely'
import type { Database, Trx } from './schema'

/** Runs `work` in a transaction with whatever else waits under the same key; resolves when it is on disk. */
export type GroupCommit = <T>(key: string, work: (trx: Trx) => Promise<T>) => Promise<T>

interface Waiting { work(trx: Trx): Promise<unknown>, resolve(value: unknown): void, reject(error: unknown): void }
type Outcome = { ok: true, value: unknown } | { ok: false, error: unknown }

const together = 64

/**
 * Writers that come while one is at work share the next transaction, and so its flush to disk, which costs more than most writes. Each
 * is undone alone if it fails; none is answered before the commit that holds it.
 */
export function createGroupCommit(database: Database): GroupCommit {
  const queues = new Map<string, Waiting[]>()

  async function drain(key: string, queue: Waiting[]): Promise<void> {
    while (queue.length > 0) {
      const group = queue.splice(0, together)
      try {
        const outcomes = await commit(group)
        group.forEach((writer, index) => {
          const outcome = outcomes[index]!
          if (outcome.ok) writer.resolve(outcome.value)
          else writer.reject(outcome.error)
        })
      } catch (error) {
        for (const writer of group) writer.reject(error)
      }
    }
    queues.delete(key)
  }

  function commit(group: Waiting[]): Promise<Outcome[]> {
    return database.transaction().execute(async (trx) => {
      const [only] = group
      if (only && group.length === 1) return [{ ok: true, value: await only.work(trx) }]
      const outcomes: Outcome[] = []
      for (const { work } of group) outcomes.push(await inSavepoint(trx, work))
      return outcomes
    })
  }

  return <T>(key: string, work: (trx: Trx) => Promise<T>) => new Promise<T>((resolve, reject) => {
    const writer: Waiting = { work, resolve: (value) => resolve(value as T), reject }
    const queue = queues.get(key)
    if (queue) return void queue.push(writer)
    const started = [writer]
    queues.set(key, started)
    void drain(key, started)
  })
}

/**
 * Undoes the savepoint. A full disk may have undone the whole transaction already: then none of the group was stored, and what is told is
 * why, not that there is nothing to undo.
 */
async function undo(trx: Trx, error: unknown): Promise<void> {
  try {
    await sql`rollback to savepoint writer`.execute(trx)
    await sql`release savepoint writer`.execute(trx)
  } catch (cause) {
    throw new Error('a group of writes was undone whole', { cause: error instanceof Error ? error : cause })
  }
}

async function inSavepoint(trx: Trx, work: Waiting['work']): Promise<Outcome> {
  await sql`savepoint writer`.execute(trx)
  try {
    const value = await work(trx)
    await sql`release savepoint writer`.execute(trx)
    return { ok: true, value }
  } catch (error) {
    await undo(trx, error)
    return { ok: false, error }
  }
}
