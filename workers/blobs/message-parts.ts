import { z } from 'zod'
import { partSchema, type Part } from '~/shared/domain/part'
import { orAside } from '../database/aside'
import type { SqlDriver } from '../database/driver'

/** The parts of one message that names this file; none if there is no such message. Reads every message: for rare occasions. */
export function messageRowParts(driver: SqlDriver, sha256: string): Part[] {
  const row = driver.get<{ id: string, parts: string }>('select id, parts from message where instr(parts, ?) > 0 and coalesce(deleted, 0) = 0 limit 1', [`"${sha256}"`])
  return row ? orAside(driver, 'message', row.id, () => z.array(partSchema).parse(JSON.parse(row.parts))) ?? [] : []
}
