import { randomBytes } from 'node:crypto'
import { createId } from '~/shared/domain/ids'
import type { Database } from '../sql/schema'

/** What is remembered of shares and their keys. */
export type AuditEvent =
  | 'share-created' | 'share-secret-renewed' | 'share-updated' | 'share-deleted' | 'share-expired' | 'secret-refused'
  | 'key-minted' | 'key-revoked'
/** `device:<id>`, `key:<id>`, `secret` (whoever has it), `anonymous` or `server`. */
export type Actor = `device:${string}` | `key:${string}` | 'secret' | 'anonymous' | 'server'

export interface AuditEntry { at: number, event: AuditEvent, subject: string, actor: Actor, space: string | null }

/** The time in the last id: ids rise also within a millisecond, so that entries keep their order. */
let latest = 0

export async function writeAudit(database: Database, entry: AuditEntry): Promise<void> {
  latest = Math.max(entry.at, latest + 1)
  await database.insertInto('audit').values({ id: createId(latest, (length) => randomBytes(length)), ...entry }).execute()
}

/** The newest entries of a space, newest first. */
export async function readAudit(database: Database, space: string, limit: number) {
  return database.selectFrom('audit').select(['at', 'event', 'subject', 'actor']).where('space', '=', space)
    .orderBy('at', 'desc').orderBy('id', 'desc').limit(limit).execute()
}
