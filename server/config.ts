import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { z } from 'zod'
import { normalizeCode } from './tokens/secrets'

const url = (protocols: string[]) => z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol))
const isLoopbackName = (name: string) => name === 'localhost' || name === '[::1]' || name === '::1' || /^127\.\d+\.\d+\.\d+$/.test(name)

/** The provider gets the person's key: only over https, or on this machine. */
const providerUrl = url(['https:', 'http:'])
  .refine((text) => new URL(text).protocol === 'https:' || isLoopbackName(new URL(text).hostname))
  .transform((text) => text.replace(/\/+$/, ''))
const proxy = z.string().refine((text) => {
  const [address = '', bits, ...rest] = text.split('/')
  const version = isIP(address)
  return version !== 0 && rest.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128)))
})
/** Spaces and dashes do not count where a code is typed: of nothing else, an empty code would claim the server. */
const claimCode = z.string().refine((text) => text.length <= 64 && normalizeCode(text).length >= 8)
const wholeNumber = (min: number, max: number) => z.string().regex(/^\d{1,15}$/).transform(Number).pipe(z.number().min(min).max(max))

interface Variable<T> { schema: z.ZodType<T, string>, fallback: string, expected: string }
const variable = <T>(schema: z.ZodType<T, string>, fallback: string, expected: string): Variable<T> => ({ schema, fallback, expected })
const orNull = <T>(schema: z.ZodType<T, string>) => z.union([z.literal('').transform(() => null), schema])

/** Every variable of the environment that the server reads (design.md); an empty one counts as unset. */
const variables = {
  HOST: variable(z.string().regex(/^[A-Za-z0-9.:[\]_-]+$/), '127.0.0.1', 'an address or host name to listen on'),
  PORT: variable(wholeNumber(0, 65_535), '3000', 'a port number, 0 to 65535'),
  NUXT_DATA_DIR: variable(z.string().transform((path) => resolve(path)), '.data', 'a folder'),
  NUXT_DATABASE_URL: variable(orNull(url(['postgres:', 'postgresql:'])), '', 'postgres://user:password@host:port/database, or nothing for SQLite'),
  NUXT_PUBLIC_URL: variable(orNull(url(['http:', 'https:']).transform((text) => new URL(text).origin)), '', 'the http(s) address under which browsers reach this server'),
  NUXT_SIGNUP: variable(z.enum(['claim', 'open', 'closed']), 'claim', 'claim, open or closed'),
  NUXT_CLAIM_CODE: variable(orNull(claimCode), '', '8 to 64 characters, spaces and dashes not counted'),
  NUXT_OPENROUTER_API_URL: variable(providerUrl, 'https://openrouter.ai/api/v1', 'an https address, or http on this machine'),
  NUXT_OPENROUTER_AUTH_URL: variable(providerUrl, 'https://openrouter.ai/auth', 'an https address, or http on this machine'),
  NUXT_OPENROUTER_EXCHANGE: variable(z.enum(['on', 'off']).transform((value) => value === 'on'), 'on', 'on or off'),
  NUXT_SPSK_TTL_DAYS: variable(wholeNumber(1, 3650), '30', 'days, 1 to 3650'),
  NUXT_TRUSTED_PROXIES: variable(
    z.string().transform((text) => text.split(/[\s,]+/).filter((item) => item !== '')).pipe(z.array(proxy)), '', 'addresses or networks (10.0.0.0/8), separated by commas',
  ),
  NUXT_SHARE_ANONYMOUS: variable(z.enum(['loopback', 'on', 'off']), 'loopback', 'loopback, on or off'),
  NUXT_BLOB_MAX_BYTES: variable(wholeNumber(1, 10 * 1024 ** 3), String(100 * 1024 ** 2), 'bytes, 1 to 10737418240'),
  NUXT_BLOB_SPACE_BYTES: variable(wholeNumber(0, 10 ** 15), String(20 * 1024 ** 3), 'bytes, 0 to 1000000000000000'),
  NUXT_SEND_TIMEOUT_SECONDS: variable(wholeNumber(1, 3600), '30', 'seconds, 1 to 3600'),
  NUXT_SPACE_MAX_BYTES: variable(wholeNumber(1024 ** 2, 10 ** 15), String(2 * 1024 ** 3), 'bytes, 1048576 to 1000000000000000'),
  NUXT_LOG_LEVEL: variable(z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']), 'info', 'fatal, error, warn, info, debug, trace or silent'),
} as const

/** What the server runs with. `publicUrl` is an origin without a trailing slash, `dataDir` absolute. */
export interface Config {
  host: string
  port: number
  dataDir: string
  databaseUrl: string | null
  publicUrl: string | null
  signup: 'claim' | 'open' | 'closed'
  claimCode: string | null
  openrouterApiUrl: string
  openrouterAuthUrl: string
  openrouterExchange: boolean
  spskTtlDays: number
  trustedProxies: string[]
  shareAnonymous: 'loopback' | 'on' | 'off'
  blobMaxBytes: number
  /** What the attachments of one space may take together. */
  blobSpaceBytes: number
  spaceMaxBytes: number
  /** How long a reader may take nothing of an answer before it is cut off. */
  sendTimeoutSeconds: number
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
}

/** A variable has a value that cannot be used. The message names each and what is expected, never the value: it may be a secret. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

/** Reads all variables at once, so that every mistake is named at the first start. */
export function parseConfig(env: Record<string, string | undefined>): Config {
  const problems: string[] = []
  const read = <T>(name: string, { schema, fallback, expected }: Variable<T>): T => {
    const parsed = schema.safeParse(env[name] === undefined || env[name] === '' ? fallback : env[name])
    if (!parsed.success) problems.push(`${name}: expected ${expected}`)
    return parsed.data as T
  }
  const config: Config = {
    host: read(env.NITRO_HOST ? 'NITRO_HOST' : 'HOST', variables.HOST),
    port: read(env.NITRO_PORT ? 'NITRO_PORT' : 'PORT', variables.PORT),
    dataDir: read('NUXT_DATA_DIR', variables.NUXT_DATA_DIR),
    databaseUrl: read('NUXT_DATABASE_URL', variables.NUXT_DATABASE_URL),
    publicUrl: read('NUXT_PUBLIC_URL', variables.NUXT_PUBLIC_URL),
    signup: read('NUXT_SIGNUP', variables.NUXT_SIGNUP),
    claimCode: read('NUXT_CLAIM_CODE', variables.NUXT_CLAIM_CODE),
    openrouterApiUrl: read('NUXT_OPENROUTER_API_URL', variables.NUXT_OPENROUTER_API_URL),
    openrouterAuthUrl: read('NUXT_OPENROUTER_AUTH_URL', variables.NUXT_OPENROUTER_AUTH_URL),
    openrouterExchange: read('NUXT_OPENROUTER_EXCHANGE', variables.NUXT_OPENROUTER_EXCHANGE),
    spskTtlDays: read('NUXT_SPSK_TTL_DAYS', variables.NUXT_SPSK_TTL_DAYS),
    trustedProxies: read('NUXT_TRUSTED_PROXIES', variables.NUXT_TRUSTED_PROXIES),
    shareAnonymous: read('NUXT_SHARE_ANONYMOUS', variables.NUXT_SHARE_ANONYMOUS),
    blobMaxBytes: read('NUXT_BLOB_MAX_BYTES', variables.NUXT_BLOB_MAX_BYTES),
    spaceMaxBytes: read('NUXT_SPACE_MAX_BYTES', variables.NUXT_SPACE_MAX_BYTES),
    blobSpaceBytes: read('NUXT_BLOB_SPACE_BYTES', variables.NUXT_BLOB_SPACE_BYTES),
    sendTimeoutSeconds: read('NUXT_SEND_TIMEOUT_SECONDS', variables.NUXT_SEND_TIMEOUT_SECONDS),
    logLevel: read('NUXT_LOG_LEVEL', variables.NUXT_LOG_LEVEL),
  }
  if (problems.length > 0) throw new ConfigError(`Holdfast cannot start with these settings:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
  return config
}
