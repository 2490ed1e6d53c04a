import type { z } from 'zod'
import { asideAnswerSchema } from '~/shared/protocol/aside'
import { countAside } from './database/aside'
import type { LocalDatabase } from './database/open'
import { returnRows } from './database/return-rows'
import type { ServerDoor } from './secrets/server-door'
import type { SyncClient } from './sync/ports'

/** What the server keeps aside, after another try with `POST`; null when it cannot be asked. */
export async function readServerAside(door: Pick<ServerDoor, 'request'>, method: 'GET' | 'POST'): Promise<z.infer<typeof asideAnswerSchema> | null> {
  const answered = await door.request(method, '/aside')
  const parsed = asideAnswerSchema.safeParse(answered.ok ? answered.value.body : null)
  return parsed.success ? parsed.data : null
}

/** Tries what this device keeps aside again; what stays unreadable here is taken from the server, if it can be asked. Answers how much came back. */
export async function returnOwnRows(db: LocalDatabase, sync: Pick<SyncClient, 'check'>): Promise<number> {
  const before = countAside(db.driver)
  returnRows(db.driver)
  db.committed({ rows: [], all: true })
  if (countAside(db.driver) > 0) await sync.check({ returnAside: true })
  return Math.max(0, before - countAside(db.driver))
}
