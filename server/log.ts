import { pino, type Logger } from 'pino'
import { errorStatus } from '~/shared/errors'
import type { Config } from './config'

export type Log = Logger

/** Where a secret may stand in an object that is logged. Nothing of these is ever written (design.md, Security). */
const secrets = [
  'token', 'secret', 'code', 'claimCode', 'pairingCode', 'openrouterApiKey', 'authorization', 'password', 'databaseUrl', 'codeVerifier', 'key',
  'headers', 'options.openrouterApiKey', 'body', 'req.headers', 'request.headers',
]

/** What went wrong, by the system (ENOSPC), Node (ERR_…), SQLite, PostgreSQL (five characters) or ourselves. */
const isErrorCode = (value: unknown): boolean =>
  typeof value === 'string' && (/^(?:E[A-Z0-9]{2,}|E(?:RR|AI)_[A-Z0-9_]+|SQLITE_[A-Z_]+|[0-9A-Z]{5})$/.test(value) || Object.hasOwn(errorStatus, value))

const errorPlaces = ['err', 'error', 'cause']

/** Pairing, claim and login codes are called `code` as well; those of an error stand in the error, and look like one. */
function hide(value: unknown, path: string[]): unknown {
  const isOfError = path.at(-1) === 'code' && errorPlaces.includes(String(path.at(-2)))
  return isOfError && isErrorCode(value) ? value : '[redacted]'
}

/** JSON lines on stdout. Callers log ids and counts, never bodies or headers; `redact` is the second net. */
export function createLog(config: Pick<Config, 'logLevel'>, destination?: { write(line: string): void }): Log {
  // An error's place is named, or its code would be hidden without a look at where it stands.
  const paths = errorPlaces.map((place) => `${place}.code`).concat(secrets.flatMap((name) => (name.includes('.') ? [name] : [name, `*.${name}`])))
  return pino({ level: config.logLevel, base: undefined, redact: { paths, censor: hide } }, destination)
}
