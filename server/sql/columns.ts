import { sql, type RawBuilder } from 'kysely'
import type { Dialect } from './schema'

/** Column types by dialect. Keys and clocks sort by their bytes on both, as they do in JavaScript and on the devices. */
export function columnTypes(dialect: Dialect): { key: RawBuilder<unknown>, text: RawBuilder<unknown>, integer: RawBuilder<unknown>, blob: RawBuilder<unknown> } {
  return dialect === 'postgres'
    ? { key: sql`text collate "C"`, text: sql`text`, integer: sql`bigint`, blob: sql`bytea` }
    : { key: sql`text`, text: sql`text`, integer: sql`integer`, blob: sql`blob` }
}
