import { Dexie, type EntityTable } from 'dexie'
import { z } from 'zod'
import { deviceIdSchema, spaceIdSchema } from '~/shared/domain/ids'
import { limits } from '~/shared/limits'
import { tokenSchema } from '~/shared/protocol/spsk'

/** Who this browser profile is. Without a token it works in a local file; `file` names that file and stays when it gets its space. */
export const identitySchema = z.object({
  id: z.literal('self'),
  deviceId: deviceIdSchema,
  deviceName: z.string().max(limits.deviceNameLength),
  file: z.string(),
  spaceId: spaceIdSchema.nullable(),
  tokenId: z.string().nullable(),
  token: tokenSchema.nullable(),
  /** When the token ends, in ms. */
  expiresAt: z.number().nullable(),
  /** The server wants a claim code or a pairing code. */
  claimNeeded: z.boolean(),
  /** Signed out by the person: nothing is minted until they pair. */
  signedOut: z.boolean(),
  /** Files of spaces this profile was in before; still exportable. */
  formerFiles: z.array(z.string()),
  /** The present file was found damaged; the next opening sets it aside. */
  damaged: z.boolean().default(false),
  /** Files that the person asked to wipe; the next opening deletes them. */
  doomedFiles: z.array(z.string()),
})
export type IdentityRow = z.infer<typeof identitySchema>

/** A secret under the wrapping key. `hint` is what may be shown of it. */
export interface SecretRow { name: string, iv: Uint8Array, data: ArrayBuffer, hint: string, savedAt: number }
/** A key that the browser keeps and never gives out. */
export interface WrapRow { name: string, key: CryptoKey }
/** A change that stands in memory only, where there is no OPFS. */
export interface UnsentRow { n: number, file: string, change: string }

export type SecretsDatabase = Dexie & {
  identity: EntityTable<IdentityRow, 'id'>
  secrets: EntityTable<SecretRow, 'name'>
  wraps: EntityTable<WrapRow, 'name'>
  unsent: Dexie.Table<UnsentRow, [string, number]>
}

/** Forgets the key, with what it was wrapped in, and unsent changes; who this profile is stays. */
export const clearSecrets = ({ secrets, wraps, unsent }: SecretsDatabase): Promise<unknown> => Promise.all([secrets.clear(), wraps.clear(), unsent.clear()])

/** The side store: what must be readable where the database's file handles are not. Never a copy of threads. */
export function openSecretsDatabase(name = 'holdfast'): SecretsDatabase {
  const database = new Dexie(name) as SecretsDatabase
  database.version(1).stores({ identity: 'id', secrets: 'name', wraps: 'name', unsent: '[file+n], file' })
  return database
}
