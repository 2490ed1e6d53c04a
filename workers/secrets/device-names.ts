import { z } from 'zod'
import { deviceSchema } from '~/shared/protocol/spsk'
import { listNotes, putNote } from '../database/notes'
import type { LocalDatabase } from '../database/open'
import type { IdentityStore } from './identity'
import type { ServerDoor } from './server-door'

const prefix = 'device/'
const answerSchema = z.object({ ok: z.literal(true), devices: z.array(deviceSchema) })

/** What the server calls the space's devices, kept so that `Waiting for <device>` has a name offline too. */
export function createDeviceNames(db: LocalDatabase, identity: IdentityStore, door: ServerDoor, onChange: () => void) {
  let names = listNotes(db.driver, prefix)
  const askedFor = new Set<string>()

  async function take(body: unknown): Promise<void> {
    const parsed = answerSchema.safeParse(body)
    if (!parsed.success) return
    const next = new Map(parsed.data.devices.map(({ deviceId, deviceName }) => [deviceId, deviceName]))
    const changed = [...next].filter(([id, name]) => names.get(id) !== name)
    const own = next.get(identity.current().deviceId)
    if (own && own !== identity.current().deviceName) await identity.save({ deviceName: own })
    if (changed.length === 0) return
    db.driver.transaction(() => changed.forEach(([id, name]) => putNote(db.driver, prefix + id, name)), { sync: 'normal' })
    names = new Map([...names, ...next])
    onChange()
  }

  async function read(): Promise<void> {
    const answer = await door.request('GET', '/auth/spsk')
    if (answer.ok) await take(answer.value.body)
  }

  return {
    /** Null for a device that is not known yet; the server is asked once, and the change is told. */
    name(id: string): string | null {
      const name = names.get(id)
      if (name === undefined && !askedFor.has(id) && identity.current().token !== null) {
        askedFor.add(id)
        void read()
      }
      return name ?? null
    },
    /** A list of devices that the page asked for, or anything else, which is left alone. */
    take,
    read,
  }
}
