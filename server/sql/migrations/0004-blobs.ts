import type { Kysely } from 'kysely'
import { columnTypes } from '../columns'
import type { Dialect } from '../schema'

/** Stored objects, and which space holds which. */
export async function up(database: Kysely<unknown>, dialect: Dialect): Promise<void> {
  const { key, integer } = columnTypes(dialect)
  await database.schema.createTable('blob')
    .addColumn('sha256', key, (column) => column.primaryKey().notNull())
    .addColumn('size', integer, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .execute()
  await database.schema.createTable('blob_ref')
    .addColumn('space', key, (column) => column.notNull())
    .addColumn('sha256', key, (column) => column.notNull())
    .addColumn('mime', key, (column) => column.notNull())
    .addColumn('size', integer, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .addColumn('unreferenced_since', integer)
    .addPrimaryKeyConstraint('blob_ref_key', ['space', 'sha256'])
    .execute()
  await database.schema.createIndex('blob_ref_by_hash').on('blob_ref').column('sha256').execute()
}
