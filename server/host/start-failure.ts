import { ConfigError } from '../config'
import { isDamage, isDiskFull } from '../sql/storage-failure'

/** Why this server cannot start, in a sentence or two for whoever starts it: the thing that is in the way, and what to do. */
export class StartFailure extends Error {
  override name = 'StartFailure'
}

/** The way back from a database that cannot be read: from a copy of the folder, or from what a device holds. */
export const wayBack = (dataDir: string): string =>
  `Export everything on a device that was in sync (Settings → Data), move everything in ${dataDir} to another folder, and put a copy of it back or start anew and import there `
  + '(README, "When the database is damaged").'

interface Place { dataDir: string, databaseUrl: string | null }

/** A failure of the start in the words of whoever can mend it; what is none of theirs stays as it is. */
export function toStartFailure(error: unknown, { dataDir, databaseUrl }: Place): unknown {
  if (error instanceof StartFailure || error instanceof ConfigError) return error
  const because = (sentence: string) => new StartFailure(sentence, { cause: error })
  if (isDiskFull(error)) return because(`The disk that holds ${dataDir} is full. Make some room and start again.`)
  if (isDamage(error)) return because(`The database ${databaseUrl === null ? `in ${dataDir}` : 'of NUXT_DATABASE_URL'} is damaged. ${databaseUrl === null ? wayBack(dataDir) : 'Restore it from a backup of PostgreSQL.'}`)
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (/^(?:SQLITE_(?:CANTOPEN|READONLY|PERM)|EACCES$|EPERM$|EROFS$)/.test(code)) return because(notWritable(dataDir, code))
  const sentence = databaseUrl === null ? undefined : postgresSentences[code]
  return sentence ? because(`PostgreSQL at ${withoutSecrets(databaseUrl!)} ${sentence}`) : error
}

export const notWritable = (path: string, code: string): string =>
  `Holdfast cannot write to ${path} (${code}). Give the folder and its files to the user that runs it, or name another folder with NUXT_DATA_DIR.`

const postgresSentences: Record<string, string> = {
  'ECONNREFUSED': 'does not answer. Start it, or correct NUXT_DATABASE_URL.',
  'ENOTFOUND': 'is an unknown host. Correct NUXT_DATABASE_URL.',
  'EAI_AGAIN': 'is an unknown host. Correct NUXT_DATABASE_URL.',
  'ETIMEDOUT': 'does not answer. Start it, or correct NUXT_DATABASE_URL.',
  '28P01': 'refused the user or the password of NUXT_DATABASE_URL.',
  '28000': 'refused the user of NUXT_DATABASE_URL.',
  '3D000': 'has no such database. Create it, or correct NUXT_DATABASE_URL.',
  '42501': 'does not let this user create tables. Make it the database\'s owner.',
}

/** An address without the password in it. */
function withoutSecrets(address: string): string {
  const { host, pathname } = new URL(address)
  return `${host}${pathname}`
}

/** What listening on an address failed with, for whoever chose the address. */
export function toListenFailure(error: unknown, { host, port, path }: { host: string, port: number, path?: string | undefined }): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const where = path ?? `port ${port} of ${host}`
  const sentences: Record<string, string> = {
    EADDRINUSE: `Cannot listen on ${where}: another program uses it. Stop that one, or ${path ? 'name another NITRO_UNIX_SOCKET' : 'set PORT to a free port'}.`,
    EACCES: `Cannot listen on ${where}: this user may not. ${path ? 'Name another NITRO_UNIX_SOCKET.' : 'Set PORT to one above 1023.'}`,
    EADDRNOTAVAIL: `Cannot listen on ${where}: this machine has no such address. Set HOST to one it has, or to 127.0.0.1.`,
    ENOTFOUND: `Cannot listen on ${where}: ${host} is an unknown host. Set HOST to an address of this machine, or to 127.0.0.1.`,
    EAI_AGAIN: `Cannot listen on ${where}: ${host} is an unknown host. Set HOST to an address of this machine, or to 127.0.0.1.`,
  }
  return sentences[code] ? new StartFailure(sentences[code], { cause: error }) : error
}

/** Says why and ends the process: what a person can mend in its sentence, anything else with its stack. */
export function explainAndExit(error: unknown): never {
  const isExpected = error instanceof StartFailure || error instanceof ConfigError
  process.stderr.write(`${isExpected ? error.message : error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(1)
}
