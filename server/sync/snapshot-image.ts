import BetterSqlite3 from 'better-sqlite3'
import { migrateReplica } from '~/shared/sql/replica'
import type { AsideKey } from '~/shared/protocol/aside'
import { columnsOf, tableNames, tables, type TableName } from '~/shared/sync/tables'
import { isRefusedValue } from '../sql/data-failure'
import type { UnreadableKey } from './aside'
import type { EntityRow } from './entity-rows'

export interface ImageHead { epoch: string, seq: number }

const indexBuffer = 32 * 1024 * 1024
/** FTS5's own, which a device's phone can afford. */
const defaultIndexBuffer = 1024 * 1024

/** What is kept aside: `set` takes what a replica's file would not, `list` names it all once every row was written. */
interface ImageAside { set(keys: readonly UnreadableKey[]): Promise<void>, list(): Promise<AsideKey[]> }

/**
 * Writes rows as a replica's own SQLite file, full-text index included: a device puts it in place and is up to date at `seq`. A row that
 * the file does not take is left out and set aside. The file names what is aside, if there is any, so that a device keeps its own rows of it.
 */
export async function writeImage(path: string, head: ImageHead, batches: AsyncIterable<EntityRow[]>, aside: ImageAside): Promise<void> {
  const file = new BetterSqlite3(path)
  try {
    // Nobody needs a half-written image after a crash.
    file.pragma('journal_mode = OFF')
    file.pragma('synchronous = OFF')
    migrateReplica({ exec: (sql) => void file.exec(sql), get: (sql) => file.prepare<[], Record<string, unknown>>(sql).get() })
    const inserts = new Map(tableNames.map((table) => [table, prepareInsert(file, table)]))
    // One transaction and a large buffer: the index is written in a few long runs in place of many short ones.
    file.exec(`begin; insert into search (search, rank) values ('hashsize', ${indexBuffer})`)
    for await (const rows of batches) {
      const refused: UnreadableKey[] = []
      for (const row of rows) {
        const reason = inserts.get(row.table)!(row)
        if (reason !== null) refused.push({ table: row.table, pk: row.pk, reason })
      }
      if (refused.length > 0) await aside.set(refused)
    }
    file.exec(`insert into search (search, rank) values ('hashsize', ${defaultIndexBuffer}); commit`)
    const meta = file.prepare('insert into meta (name, value) values (?, ?)')
    meta.run('epoch', head.epoch)
    meta.run('cursor', String(head.seq))
    const named = await aside.list()
    if (named.length > 0) meta.run('aside', JSON.stringify(named))
  } finally {
    file.close()
  }
}

/** What writes a row; answers why the row cannot be written, or null. A failure of the file itself is thrown. */
function prepareInsert(file: BetterSqlite3.Database, table: TableName): (row: EntityRow) => string | null {
  const columns = Object.entries(columnsOf(table))
  const names = [tables[table].key, 'h', 'hx', ...columns.map(([name]) => name)]
  const statement = file.prepare(`insert into "${table}" (${names.map((name) => `"${name}"`).join(', ')}) values (${names.map(() => '?').join(', ')})`)
  return (row) => {
    const cells = columns.map(([name, { kind }]) => {
      const value = row.values[name] ?? null
      return kind === 'json' && value !== null ? JSON.stringify(value) : value
    })
    try {
      statement.run(row.pk, row.h, row.hx, ...cells)
      return null
    } catch (error) {
      if (!isRefusedValue(error)) throw error
      return `a device's file does not take it: ${error.message}`
    }
  }
}
