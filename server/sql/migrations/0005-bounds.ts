import { sql, type Kysely } from 'kysely'
import { boundColumns, deepest, isWithinDepth } from '~/shared/domain/bounds'
import type { JsonValue } from '~/shared/domain/text'
import { byteLength } from '~/shared/sync/change'
import { hashEntity } from '~/shared/sync/fingerprint'
import type { Entity } from '~/shared/sync/merge'

interface Tables {
  entity: { space: string, table: string, pk: string, h: string, hx: string, columns: string, hash: number }
  change: { space: string, seq: number, columns: string, bytes: number }
}

/** Nesting needs brackets: a text with no more of them than levels are allowed is not worth reading. */
const isSuspect = sql<boolean>`length(columns) - length(replace(replace(columns, '[', ''), '{', '')) > ${sql.lit(deepest)}`

/** What was taken before there was a bound on nesting is folded, as devices fold it: no replica could read the deepest of it. */
export async function up(untyped: Kysely<unknown>): Promise<void> {
  const database = untyped as Kysely<Tables>
  // The keys first, then a row at a time: rows may be megabytes.
  for (const { space, table, pk } of await database.selectFrom('entity').select(['space', 'table', 'pk']).where(isSuspect).execute()) {
    const row = await database.selectFrom('entity').select(['h', 'hx', 'columns'])
      .where('space', '=', space).where('table', '=', table).where('pk', '=', pk).executeTakeFirstOrThrow()
    const bounded = boundText(row.columns)
    const hx = bounded && parseJson(row.hx)
    if (!bounded || !hx) continue
    const hash = hashEntity(table, pk, { columns: bounded, h: row.h, hx } as Entity)
    await database.updateTable('entity').set({ columns: JSON.stringify(bounded), hash })
      .where('space', '=', space).where('table', '=', table).where('pk', '=', pk).execute()
  }
  for (const { space, seq } of await database.selectFrom('change').select(['space', 'seq']).where(isSuspect).execute()) {
    const row = await database.selectFrom('change').select(['columns', 'bytes']).where('space', '=', space).where('seq', '=', seq).executeTakeFirstOrThrow()
    const bounded = boundText(row.columns)
    if (!bounded) continue
    const columns = JSON.stringify(bounded)
    await database.updateTable('change').set({ columns, bytes: row.bytes - byteLength(row.columns) + byteLength(columns) })
      .where('space', '=', space).where('seq', '=', seq).execute()
  }
}

/** The columns folded; null where they were within bounds, or are no JSON. */
function boundText(text: string): Record<string, JsonValue> | null {
  const columns = parseJson(text)
  return columns && !isWithinDepth(columns, deepest + 1) ? boundColumns(columns as Record<string, JsonValue>) : null
}

function parseJson(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' ? value : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
