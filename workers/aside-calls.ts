import type { z } from 'zod'
import { asideAnswerSchema } from '~/shared/protocol/aside'
import { countAside } from './database/aside'
import type { LocalDatabase } from './database/open'
import { returnRows } from './database/return-rows'
import type { ServerDoor } from './secrets/server-door'
import type { SyncClient } from './sync/ports'

type ServerAside = z.infer<typeof asideAnswerSchema>

/** What the server keeps aside, the first page of it, after another try with `POST`; null when it cannot be asked. */
export async function readServerAside(door: Pick<ServerDoor, 'request'>, method: 'GET' | 'POST', after?: string): Promise<ServerAside | null> {
  const answered = await door.request(method, after === undefined ? '/aside' : `/aside?after=${encodeURIComponent(after)}`)
  const parsed = asideAnswerSchema.safeParse(answered.ok ? answered.value.body : null)
  return parsed.success ? parsed.data : null
}

/** Everything that the server keeps aside, page by page, each key once; what came before a page that does not come. Null when it cannot be asked. */
export async function readAllServerAside(door: Pick<ServerDoor, 'request'>): Promise<ServerAside['keys'] | null> {
  let page = await readServerAside(door, 'GET')
  const keys = page?.keys ?? null
  while (keys && page?.next !== undefined) {
    const { next } = page
    page = await readServerAside(door, 'GET', next)
    if (page?.next === next) break
    for (const key of page?.keys ?? []) {
      const last = keys.at(-1)
      if (last?.t === key.t && last.k === key.k) last.changes.push(...key.changes)
      else keys.push(key)
    }
  }
  return keys
}

/** Tries what this device keeps aside again; what stays unreadable here is taken from the server, if it can be asked. Answers how much came back. */
export async function returnOwnRows(db: LocalDatabase, sync: Pick<SyncClient, 'check'>): Promise<number> {
  const before = countAside(db.driver)
  returnRows(db.driver)
  db.committed({ rows: [], all: true })
  if (countAside(db.driver) > 0) await sync.check({ returnAside: true })
  return Math.max(0, before - countAside(db.driver))
}
