import { z } from 'zod'
import { partSchema, type Part } from '~/shared/domain/part'
import type { SqlDriver } from '../database/driver'

/** The parts of one message that names this file; none if there is no such message. Reads every message: for rare occasions. */
export function messageRowParts(driver: SqlDriver, sha256: string): Part[] {
  const row = driver.get<{ parts: string }>('select parts from message where instr(parts, ?) > 0 and coalesce(deleted, 0) = 0 limit 1', [`"${sha256}"`])
  return row ? z.array(partSchema).parse(JSON.parse(row.parts)) : []
}
