import { fingerprintAnswerSchema } from '~/shared/protocol/fingerprint'
import { createError } from '~/shared/errors'
import { err, ok, type Result } from '~/shared/result'
import { bucketOfKey, fingerprintBuckets, fingerprintModulus, hashEntity } from '~/shared/sync/fingerprint'
import { isTableName, tableNames, tables, type TableName } from '~/shared/sync/tables'
import { countAside, findUnreadable, keyId, listAside, orAside } from '~/workers/database/aside'
import type { SqlRow } from '~/workers/database/driver'
import { rowToEntity } from '~/workers/database/entities'
import { readPosition } from '~/workers/database/meta'
import type { LocalDatabase } from '~/workers/database/open'
import { countOutbox } from '~/workers/database/outbox'
import { requestJson, type HttpDeps } from './http-exchange'

const rowsAtOnce = 500
const attempts = 3
/** As many keys of its own as one request may name. */
const mostLeftOut = 100

interface CheckDeps {
  db: LocalDatabase
  http: HttpDeps
  pause(): Promise<void>
  /** Puts the server's state in the place of the rows. */
  take(seq: number): Promise<boolean>
  notice(message: string): void
  /** Rows that this device cannot read are taken from the server, rather than left out. */
  returnAside?: boolean
}

/** `aside`: keys that one side or the other cannot read, and that were left out. */
export type CheckAnswer = { equal: boolean, healed: boolean, entities: number, aside: number }

/** Compares the replica with the server by sums of hashes per range; one that differs is rebuilt from the server's state. */
export async function checkReplica(deps: CheckDeps): Promise<Result<CheckAnswer>> {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const compared = await compare(deps)
    if (!compared.ok) return compared
    if (compared.value === 'moved') continue
    const { equal, entities, head, aside } = compared.value
    if (equal && !(deps.returnAside && countAside(deps.db.driver) > 0)) return ok({ equal: true, healed: false, entities, aside })
    const healed = await deps.take(head)
    if (healed && !equal) deps.notice('This device’s copy differed from the server’s and was rebuilt.')
    return ok({ equal, healed, entities, aside })
  }
  return err(createError('conflict', 'too much is changing to compare now; try again in a moment', undefined, true))
}

async function compare({ db, http, pause }: CheckDeps): Promise<Result<'moved' | { equal: boolean, entities: number, head: number, aside: number }>> {
  if (countOutbox(db.driver).outgoing > 0) return err(createError('conflict', 'changes of this device are still on their way', undefined, true))
  findUnreadable(db.driver)
  const own = listAside(db.driver).filter(({ table }) => isTableName(table)).map(({ table, key }) => [table, key] as const)
  const without = own.length > 0 ? `?without=${encodeURIComponent(JSON.stringify(own.slice(0, mostLeftOut)))}` : ''
  const answered = await requestJson(http, `/fingerprint${without}`)
  if (!answered.ok) return answered
  const theirs = fingerprintAnswerSchema.parse(answered.value)
  const stands = () => readPosition(db.driver).cursor === theirs.head && countOutbox(db.driver).outgoing === 0
  if (!stands()) return ok('moved')
  const leftOut = new Set([...own, ...(theirs.aside ?? []).map(({ t, k }) => [t, k] as const)].map(([t, k]) => keyId(t, k)))
  let equal = true
  let entities = 0
  for (const table of tableNames) {
    const here = await fingerprint(db, table, pause, leftOut)
    const other = theirs.tables[table]
    entities += here.rows
    equal &&= here.rows === (other?.rows ?? 0) && here.sums.every((sum, range) => sum === (other?.sums[range] ?? 0))
  }
  // Whatever came or went meanwhile makes the comparison void.
  return ok(stands() ? { equal, entities, head: theirs.head, aside: leftOut.size } : 'moved')
}

/** A table's live rows and their sums per range, as the server counts them; `leftOut` are keys aside (`keyId`). */
export async function fingerprint(
  db: Pick<LocalDatabase, 'driver'>, table: TableName, pause: () => Promise<void>, leftOut: ReadonlySet<string> = new Set(),
): Promise<{ rows: number, sums: number[] }> {
  const { key } = tables[table]
  const sums = new Array<number>(fingerprintBuckets).fill(0)
  let count = 0
  for (let last = ''; ;) {
    const rows = db.driver.all<SqlRow>(`select * from ${table} where ${key} > ? order by ${key} limit ${rowsAtOnce}`, [last])
    if (rows.length === 0) return { rows: count, sums }
    for (const row of rows) {
      last = String(row[key])
      // The server forgets deleted rows in time: only live ones are compared.
      if (row.deleted === 1 || leftOut.has(keyId(table, last))) continue
      const entity = orAside(db.driver, table, last, () => rowToEntity(table, row))
      if (!entity) continue
      const range = bucketOfKey(last)
      sums[range] = (sums[range]! + hashEntity(table, last, entity)) % fingerprintModulus
      count++
    }
    await pause()
  }
}
