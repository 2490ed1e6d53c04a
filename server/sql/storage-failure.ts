import { createError, HoldfastException } from '~/shared/errors'

/** What a full disk is called: by SQLite (for the file, and for the memory shared by its readers), by the system and by PostgreSQL. */
const fullCodes = new Set(['SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE', 'ENOSPC', 'EDQUOT', '53100'])
/** Pages that cannot be what was written: SQLite's codes and their finer ones, PostgreSQL's `data_corrupted` and `index_corrupted`. */
const damageCodes = /^(?:SQLITE_CORRUPT(?:_.+)?|SQLITE_NOTADB|XX001|XX002)$/

/** A text with U+0000, which PostgreSQL takes neither as text nor within JSON. */
const textCodes = new Set(['22021', '22P05'])

/** How far a failure is looked into for its cause. */
const causes = 5

/** The codes of an error and of what caused it. */
function codesOf(error: unknown): string[] {
  const codes: string[] = []
  for (let at = error, depth = 0; at instanceof Error && depth < causes; at = at.cause, depth++) {
    if ('code' in at && typeof at.code === 'string') codes.push(at.code)
  }
  return codes
}

/** Whether an error, or what caused it, says that the server's disk is full. */
export const isDiskFull = (error: unknown): boolean => codesOf(error).some((code) => fullCodes.has(code))
/** Whether it says that the database's file is not what was written to it. */
export const isDamage = (error: unknown): boolean => codesOf(error).some((code) => damageCodes.test(code))

/** Whoever asked sent a text that the database cannot hold. */
export const isBadText = (error: unknown): boolean => codesOf(error).some((code) => textCodes.has(code))

/** There is no room on the server's disk: nothing was stored, and the same request may be made again. */
export const diskFull = (cause?: unknown): HoldfastException =>
  new HoldfastException(createError('storage_full', 'the server\'s disk is full', { disk: true }, true), { cause })

/** The server's database cannot be read: nothing is taken into it any more. */
export const databaseDamaged = (cause?: unknown): HoldfastException =>
  new HoldfastException(createError('database_damaged', 'the server\'s database is damaged; what its log says leads back'), { cause })

/** A failure of the disk below the database, or of a text that it does not take, as what may be said of it; null for every other. */
export function toStorageFailure(error: unknown): HoldfastException | null {
  if (error instanceof HoldfastException) return null
  if (isBadText(error)) return new HoldfastException(createError('invalid_request', 'text may not hold U+0000'), { cause: error })
  if (isDiskFull(error)) return diskFull(error)
  return isDamage(error) ? databaseDamaged(error) : null
}
