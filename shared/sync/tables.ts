import { z } from 'zod'
import { roleSchema, statusSchema, usageSchema } from '../domain/message'
import { idSchema } from '../domain/ids'
import { partSchema } from '../domain/part'
import { holdfastErrorSchema } from '../errors'
import { limits } from '../limits'

/**
 * The synced tables and their columns, as they stand on the wire: JSON columns as JSON values, booleans 0 or 1, times in ms,
 * null clears, absent leaves alone (sync.md §1). The server stores them as JSON, the device as real columns.
 */
export type ColumnKind = 'text' | 'integer' | 'boolean' | 'json'
export interface Column { kind: ColumnKind, schema: z.ZodType }

const kinds: Record<ColumnKind, (value: unknown) => boolean> = {
  text: (value) => value === null || typeof value === 'string',
  integer: (value) => value === null || Number.isSafeInteger(value),
  boolean: (value) => value === null || value === 0 || value === 1,
  json: () => true,
}

/** Whether a column of this kind can hold the value: what any build may have written, and quicker than its schema. */
export const isOfKind = (kind: ColumnKind, value: unknown): boolean => kinds[kind](value)

const text = (schema: z.ZodType = z.string()): Column => ({ kind: 'text', schema: schema.nullable() })
const flag: Column = { kind: 'boolean', schema: z.union([z.literal(0), z.literal(1)]) }
const time: Column = { kind: 'integer', schema: z.number().int().nonnegative() }
const json = (schema: z.ZodType): Column => ({ kind: 'json', schema })

export const tables = {
  thread: {
    key: 'id',
    columns: {
      title: text(z.string().max(limits.titleLength)), pinned: flag, archived: flag, model: text(), system_prompt: text(), active_leaf: text(idSchema),
      parent_thread: text(idSchema), parent_message: text(idSchema), deleted: flag, created_at: time,
    },
  },
  message: {
    key: 'id',
    columns: {
      thread: text(idSchema), parent: text(idSchema), role: text(roleSchema), status: text(statusSchema), parts: json(z.array(partSchema)),
      model: text(), usage: json(usageSchema.nullable()), error: json(holdfastErrorSchema.nullable()), run: text(idSchema), deleted: flag, created_at: time,
    },
  },
  /** Keyed `<thread>:<name>`; `thread` and `name` repeat the key. */
  label: { key: 'id', columns: { thread: text(idSchema), name: text(z.string().min(1).max(100)), on: flag } },
  /** Keyed by its name; `name` repeats the key. A draft is `draft/<threadId>`. */
  setting: { key: 'name', columns: { value: json(z.json()) } },
} satisfies Record<string, { key: string, columns: Record<string, Column> }>

export type TableName = keyof typeof tables
export const tableNames = Object.keys(tables) as TableName[]
export const isTableName = (name: string): name is TableName => Object.hasOwn(tables, name)
export const columnsOf = (table: TableName): Record<string, Column> => tables[table].columns
/** The columns that hold JSON values, which a device keeps as their text. */
export const jsonColumnsOf = (table: TableName): string[] => Object.entries(columnsOf(table)).filter(([, { kind }]) => kind === 'json').map(([name]) => name)

/** A message's answer is one cell: these four are written together, under the clock of `status` (sync.md §3). */
export const cellColumns = ['status', 'parts', 'usage', 'error'] as const
export const cellSlot = 'status'
const inCell: ReadonlySet<string> = new Set(cellColumns)

/** The slot, a unit that carries one clock, in which a column lives. */
export const slotOf = (table: TableName, column: string): string => (table === 'message' && inCell.has(column) ? cellSlot : column)

const slots = new Map(tableNames.map((table) => [table, [...new Set(Object.keys(columnsOf(table)).map((column) => slotOf(table, column)))]]))
/** Every slot of a table. */
export const slotsOf = (table: TableName): readonly string[] => slots.get(table)!
