import { z } from 'zod'
import { HoldfastException, type ErrorCode } from '~/shared/errors'

/** A type, a constraint, a size, an index of the data, by SQLite's and PostgreSQL's codes; any other code of theirs is about the database, or a bug of ours. */
const dataCode = /^(?:SQLITE_(?:CONSTRAINT|MISMATCH|TOOBIG|RANGE)(?:_|$)|2[23]\w{3}$)/
const refusals: ReadonlySet<ErrorCode> = new Set(['invalid_request', 'payload_too_large', 'not_found'])

/** Whether a database refused a value. SQLite has no code for JSON that its functions do not read. */
export const isRefusedValue = (error: unknown): error is Error & { code: string } =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'
  && (dataCode.test(error.code) || (error.code === 'SQLITE_ERROR' && /malformed JSON/.test(error.message)))

/**
 * Whether something would fail again with the same data, and only with it: the one thing for which data is left out or set aside. A connection
 * that broke, a disk that is full or a statement that is wrong is no reason for it.
 */
export function isOfData(error: unknown): boolean {
  if (error instanceof HoldfastException) return refusals.has(error.error.code)
  if (error instanceof SyntaxError || error instanceof RangeError || error instanceof z.ZodError) return true
  if (!(error instanceof Error)) return false
  if ('code' in error && typeof error.code === 'string') return isRefusedValue(error)
  return error.cause !== undefined && isOfData(error.cause)
}
