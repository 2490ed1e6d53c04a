import type { Kysely } from 'kysely'
import { columnTypes } from '../columns'
import type { Dialect } from '../schema'

/** Runs and what they have streamed. */
export async function up(database: Kysely<unknown>, dialect: Dialect): Promise<void> {
  const { key, text, integer } = columnTypes(dialect)
  await database.schema.createTable('run')
    .addColumn('space', key, (column) => column.notNull())
    .addColumn('id', key, (column) => column.notNull())
    .addColumn('thread', key, (column) => column.notNull())
    .addColumn('message', key, (column) => column.notNull())
    .addColumn('device', key, (column) => column.notNull())
    .addColumn('status', key, (column) => column.notNull())
    .addColumn('owner', key, (column) => column.notNull())
    .addColumn('seq', integer, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .addColumn('started_at', integer)
    .addColumn('heartbeat', integer, (column) => column.notNull())
    .addColumn('ended_at', integer)
    .addColumn('usage', text)
    .addColumn('error', text)
    .addPrimaryKeyConstraint('run_key', ['space', 'id'])
    .execute()
  // The reaper asks for what has not ended, the clean-up for what ended long ago.
  await database.schema.createIndex('run_ended').on('run').columns(['ended_at', 'heartbeat']).execute()
  await database.schema.createTable('run_event')
    .addColumn('space', key, (column) => column.notNull())
    .addColumn('run', key, (column) => column.notNull())
    .addColumn('seq', integer, (column) => column.notNull())
    .addColumn('data', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('run_event_key', ['space', 'run', 'seq'])
    .execute()
}
