import { pino, type Logger } from 'pino'
import type { Config } from './config'

export type Log = Logger

/** Where a secret may stand in an object that is logged. Nothing of these is ever written (design.md, Security). */
const secrets = [
  'token', 'secret', 'code', 'claimCode', 'pairingCode', 'openrouterApiKey', 'authorization', 'password', 'databaseUrl', 'codeVerifier', 'key',
  'headers', 'options.openrouterApiKey', 'body', 'req.headers', 'request.headers',
]

/** JSON lines on stdout. Callers log ids and counts, never bodies or headers; `redact` is the second net. */
export function createLog(config: Pick<Config, 'logLevel'>, destination?: { write(line: string): void }): Log {
  const paths = secrets.flatMap((name) => (name.includes('.') ? [name] : [name, `*.${name}`]))
  return pino({ level: config.logLevel, base: undefined, redact: { paths, censor: '[redacted]' } }, destination)
}
