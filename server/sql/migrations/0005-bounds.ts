import { sql, type Kysely } from 'kysely'
import { boundColumns, deepest, isWithinDepth } from '~/shared/domain/bounds'
import { parseJson, type JsonValue } from '~/shared/domain/text'
import { byteLength } from '~/shared/sync/change'
import { hashEntity } from '~/shared/sync/fingerprint'
import type { Entity } from '~/shared/sync/merge'

interface Tables {
  entity: { space: string, table: string, pk: string, h: string, hx: string, columns: string, hash: number }
  change: { space: string, seq: number, columns: string, bytes: number }
}
type Source = Kysely<Tables>

/** Nesting needs brackets: a text with no more of them than levels are allowed is not worth reading. */
const isSuspect = sql<boolean>`length(columns) - length(replace(replace(columns, '[', ''), '{', '')) > ${sql.lit(deepest)}`
/** Keys in memory at a time; of the rows themselves, which may be megabytes, there is one. */
const keysAtOnce = 500

/** What was taken before there was a bound on nesting is folded, as devices fold it: no replica could read the deepest of it. */
export async function up(untyped: Kysely<unknown>): Promise<void> {
  const database = untyped as Source
  await eachAfter({ space: '', table: '', pk: '' }, (last) => suspectEntities(database, last), (key) => boundEntity(database, key))
  await eachAfter({ space: '', seq: 0 }, (last) => suspectChanges(database, last), (key) => boundChange(database, key))
}

async function eachAfter<Key>(start: Key, read: (last: Key) => Promise<Key[]>, work: (key: Key) => Promise<void>): Promise<void> {
  for (let keys = await read(start); keys.length > 0; keys = await read(keys.at(-1)!)) {
    for (const key of keys) await work(key)
  }
}

type EntityKey = Pick<Tables['entity'], 'space' | 'table' | 'pk'>
const suspectEntities = (database: Source, last: EntityKey) => database.selectFrom('entity').select(['space', 'table', 'pk']).where(isSuspect)
  .where(({ eb, refTuple, tuple }) => eb(refTuple('space', 'table', 'pk'), '>', tuple(last.space, last.table, last.pk)))
  .orderBy('space').orderBy('table').orderBy('pk').limit(keysAtOnce).execute()

async function boundEntity(database: Source, { space, table, pk }: EntityKey): Promise<void> {
  const row = await database.selectFrom('entity').select(['h', 'hx', 'columns'])
    .where('space', '=', space).where('table', '=', table).where('pk', '=', pk).executeTakeFirstOrThrow()
  const bounded = boundText(row.columns)
  const hx = bounded && parseObject(row.hx)
  if (!bounded || !hx) return
  const hash = hashEntity(table, pk, { columns: bounded, h: row.h, hx } as Entity)
  await database.updateTable('entity').set({ columns: JSON.stringify(bounded), hash })
    .where('space', '=', space).where('table', '=', table).where('pk', '=', pk).execute()
}

type ChangeKey = Pick<Tables['change'], 'space' | 'seq'>
const suspectChanges = (database: Source, last: ChangeKey) => database.selectFrom('change').select(['space', 'seq']).where(isSuspect)
  .where(({ eb, refTuple, tuple }) => eb(refTuple('space', 'seq'), '>', tuple(last.space, last.seq)))
  .orderBy('space').orderBy('seq').limit(keysAtOnce).execute()

async function boundChange(database: Source, { space, seq }: ChangeKey): Promise<void> {
  const row = await database.selectFrom('change').select(['columns', 'bytes']).where('space', '=', space).where('seq', '=', seq).executeTakeFirstOrThrow()
  const bounded = boundText(row.columns)
  if (!bounded) return
  const columns = JSON.stringify(bounded)
  await database.updateTable('change').set({ columns, bytes: row.bytes - byteLength(row.columns) + byteLength(columns) })
    .where('space', '=', space).where('seq', '=', seq).execute()
}

/** The columns folded; null where they were within bounds, or are no JSON. */
function boundText(text: string): Record<string, JsonValue> | null {
  const columns = parseObject(text)
  return columns && !isWithinDepth(columns, deepest + 1) ? boundColumns(columns as Record<string, JsonValue>) : null
}

/** An object or a list; null for anything else, and for a text that is no JSON. */
function parseObject(text: string): object | null {
  const value = parseJson(text)
  return typeof value === 'object' ? value : null
}
