import type { Kysely } from 'kysely'
import { columnTypes } from '../columns'
import type { Dialect } from '../schema'

/** Rows that could not be read, and their changes, kept as they stood. */
export async function up(database: Kysely<unknown>, dialect: Dialect): Promise<void> {
  const { key, text, integer } = columnTypes(dialect)
  await database.schema.createTable('aside')
    .addColumn('space', key, (column) => column.notNull())
    .addColumn('table', key, (column) => column.notNull())
    .addColumn('pk', key, (column) => column.notNull())
    .addColumn('at', integer, (column) => column.notNull())
    .addColumn('hash', integer)
    .addColumn('reason', text, (column) => column.notNull())
    .addColumn('h', text)
    .addColumn('hx', text)
    .addColumn('columns', text)
    .addPrimaryKeyConstraint('aside_key', ['space', 'table', 'pk'])
    .execute()
  await database.schema.createTable('aside_change')
    .addColumn('space', key, (column) => column.notNull())
    .addColumn('table', key, (column) => column.notNull())
    .addColumn('pk', key, (column) => column.notNull())
    .addColumn('seq', integer, (column) => column.notNull())
    .addColumn('device', key, (column) => column.notNull())
    .addColumn('n', integer, (column) => column.notNull())
    .addColumn('merged', integer, (column) => column.notNull())
    .addColumn('h', key, (column) => column.notNull())
    .addColumn('columns', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('aside_change_key', ['space', 'table', 'pk', 'seq'])
    .execute()
}
