import { z } from 'zod'
import { errorCodeSchema, type ErrorCode } from '~/shared/errors'
import type { SqlDriver } from '../database/driver'

/**
 * How a file of this device stands towards the server: `local` is still to be uploaded, `held` is there too and may be dropped here,
 * `refused` was turned down for good.
 */
export interface BlobRow { sha256: string, state: 'local' | 'held' | 'refused', code: ErrorCode | null, size: number, mime: string, lastUsed: number }

const stateSchema = z.string().transform((text, context) => {
  const [state = '', code] = text.split(' ')
  const parsed = z.object({ state: z.enum(['local', 'held', 'refused']), code: errorCodeSchema.nullable() }).safeParse({ state, code: code ?? null })
  if (parsed.success) return parsed.data
  context.addIssue({ code: 'custom', message: 'not the state of a blob' })
  return z.NEVER
})

interface Stored { sha256: string, state: string, size: number | null, mime: string | null, last_used: number }

const toRow = ({ sha256, state, size, mime, last_used: lastUsed }: Stored): BlobRow =>
  ({ sha256, ...stateSchema.parse(state), size: size ?? 0, mime: mime ?? 'application/octet-stream', lastUsed })

export function putBlob(driver: SqlDriver, { sha256, state, code, size, mime, lastUsed }: BlobRow): void {
  driver.run(`insert into blob (sha256, state, size, mime, last_used) values (?, ?, ?, ?, ?)
    on conflict (sha256) do update set state = excluded.state, size = excluded.size, mime = excluded.mime, last_used = excluded.last_used`,
  [sha256, code ? `${state} ${code}` : state, size, mime, lastUsed])
}

export function getBlob(driver: SqlDriver, sha256: string): BlobRow | undefined {
  const row = driver.get<Stored>('select * from blob where sha256 = ?', [sha256])
  return row && toRow(row)
}

export const deleteBlob = (driver: SqlDriver, sha256: string): void => driver.run('delete from blob where sha256 = ?', [sha256])

/** Least recently used first. */
export const listBlobs = (driver: SqlDriver, state: 'local' | 'held'): BlobRow[] =>
  driver.all<Stored>('select * from blob where state = ? order by last_used, sha256', [state]).map(toRow)

/** The server may have lost what it held: every file is offered again. */
export const offerAllAgain = (driver: SqlDriver): void => driver.run('update blob set state = \'local\' where state = \'held\'')
