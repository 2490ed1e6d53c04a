import BetterSqlite3 from 'better-sqlite3'
import type { JsonValue } from '~/shared/domain/text'
import { migrateReplica } from '~/shared/sql/replica'
import { columnsOf, tableNames, tables, type TableName } from '~/shared/sync/tables'
import type { EntityRow } from './entity-rows'

export interface ImageHead { epoch: string, seq: number }

const indexBuffer = 32 * 1024 * 1024
/** FTS5's own, which a device's phone can afford. */
const defaultIndexBuffer = 1024 * 1024

/** Writes rows as a replica's own SQLite file, full-text index included: a device puts it in place and is up to date at `seq` (sync.md §4). */
export async function writeImage(path: string, head: ImageHead, batches: AsyncIterable<EntityRow[]>): Promise<void> {
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
      for (const row of rows) inserts.get(row.table)!(row)
    }
    file.exec(`insert into search (search, rank) values ('hashsize', ${defaultIndexBuffer}); commit`)
    const meta = file.prepare('insert into meta (name, value) values (?, ?)')
    meta.run('epoch', head.epoch)
    meta.run('cursor', String(head.seq))
  } finally {
    file.close()
  }
}

function prepareInsert(file: BetterSqlite3.Database, table: TableName): (row: EntityRow) => void {
  const columns = Object.entries(columnsOf(table))
  const names = [tables[table].key, 'h', 'hx', ...columns.map(([name]) => name)]
  const statement = file.prepare(`insert into "${table}" (${names.map((name) => `"${name}"`).join(', ')}) values (${names.map(() => '?').join(', ')})`)
  return (row) => {
    const values = JSON.parse(row.columns) as Record<string, JsonValue>
    const cells = columns.map(([name, { kind }]) => {
      const value = values[name] ?? null
      return kind === 'json' && value !== null ? JSON.stringify(value) : value
    })
    statement.run(row.pk, row.h, row.hx, ...cells)
  }
}
