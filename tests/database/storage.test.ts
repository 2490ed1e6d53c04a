import 'fake-indexeddb/auto'
import { describe, expect, it } from 'vitest'
import { createMemoryDriver } from '~/workers/database/driver-wasm'
import { checkReplica, openReplica } from '~/workers/database/open-replica'
import { restoreUnsent } from '~/workers/database/salvage'
import type { OpenedStorage } from '~/workers/database/storage'
import { mirrorUnsent, readMirror } from '~/workers/database/unsent-mirror'
import { openIdentity } from '~/workers/secrets/identity'
import { openSecretsDatabase } from '~/workers/secrets/store'
import { OutdatedError } from '~/workers/tabs/election'
import { createRandom } from '../sync/random'
import { createReplica, startOfTime } from './replica'

let stores = 0
const newStore = () => openSecretsDatabase(`storage-${process.pid}-${++stores}`)

/** Files by name; opening gives the real driver on their bytes. */
async function createProfile(images: Record<string, Uint8Array> = {}) {
  const random = createRandom(1)
  const store = newStore()
  const identity = await openIdentity(store, random.bytes, 'Test')
  const files = new Map(Object.entries(images))
  const opened: string[] = []
  const openStorage = async (name: string): Promise<OpenedStorage> => {
    opened.push(name)
    return { mode: 'opfs', driver: await createMemoryDriver(files.get(name)), bytes: () => 0, release: () => {} }
  }
  return { store, identity, files, opened, open: () => openReplica({ identity, openStorage, now: () => startOfTime, randomBytes: random.bytes }) }
}

describe('the storage guardian', () => {
  it('[ST70] a file that was not closed properly is to be checked; a sound one stays', async () => {
    const writer = await createReplica()
    writer.send('kept')
    const profile = await createProfile()
    profile.files.set(profile.identity.current().file, writer.db.driver.export())
    const { db, salvaged, unchecked } = await profile.open()
    expect([salvaged, unchecked]).toEqual([null, true])
    expect(await checkReplica(profile.identity, db.driver)).toBe(true)
    expect(profile.identity.current().damaged).toBe(false)
    db.close()
  })

  it('[ST71] a damaged file is kept, its unsent changes and queued sends go into a new one', async () => {
    const writer = await createReplica()
    const sent = writer.send('must not be lost')
    const image = writer.db.driver.export()
    // The page on which the table of threads begins, as a bad sector leaves it.
    const { page, size } = writer.db.driver.get<{ page: number, size: number }>(
      `select rootpage as page, page_size as size from sqlite_schema, pragma_page_size where name = 'thread'`)!
    const broken = image.slice()
    broken.fill(0xa5, size * (page - 1), size * page)
    const profile = await createProfile()
    const { file } = profile.identity.current()
    profile.files.set(file, broken)
    const first = await profile.open()
    expect(await checkReplica(profile.identity, first.db.driver)).toBe(false)
    const { db, salvaged } = await profile.open()
    expect(salvaged).toEqual({ changes: 3 })
    expect(db.driver.all('select id from message order by id')).toEqual([{ id: sent.message }, { id: sent.reply }])
    expect(db.driver.all('select title from thread')).toEqual([{ title: 'must not be lost' }])
    expect(db.driver.all('select run from pending_run')).toEqual([{ run: sent.run }])
    expect(db.driver.all('select n from outbox order by n')).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
    expect(profile.identity.current()).toMatchObject({ formerFiles: [file], doomedFiles: [], damaged: false })
    expect(profile.opened).toEqual([file, file, profile.identity.current().file])
  })

  it('[ST72] a file that is no database at all is set aside too', async () => {
    const profile = await createProfile()
    const { file } = profile.identity.current()
    const noise = new Uint8Array(16_384).fill(7)
    profile.files.set(file, noise)
    const { db, salvaged } = await profile.open()
    expect(salvaged).toEqual({ changes: 0 })
    expect(db.driver.get('select count(*) as count from thread')).toEqual({ count: 0 })
    expect(profile.identity.current().formerFiles).toEqual([file])
  })

  it('[ST73] a file of a newer schema is left alone', async () => {
    const writer = await createReplica()
    writer.db.driver.exec('pragma user_version = 99')
    const profile = await createProfile()
    const { file } = profile.identity.current()
    profile.files.set(file, writer.db.driver.export())
    await expect(profile.open()).rejects.toThrow(OutdatedError)
    expect(profile.identity.current()).toMatchObject({ file, formerFiles: [] })
  })

  it('[ST74] in memory, what was not sent survives the worker through its mirror', async () => {
    const store = newStore()
    const first = await createReplica({ seed: 1 })
    const turns: (() => void)[] = []
    mirrorUnsent(first.db, store, 'file', (run) => (turns.push(run), () => {}))
    const sent = first.send('in memory only')
    turns.forEach((run) => run())
    let mirrored = await readMirror(store, 'file')
    while (mirrored.changes.length < 3) mirrored = await readMirror(store, 'file')
    expect(await readMirror(store, 'another')).toEqual({ changes: [], pending: [] })

    const next = await createReplica({ seed: 1 })
    restoreUnsent(next.db, mirrored)
    expect(next.messagesOf(sent.thread).map(({ id }) => id)).toEqual([sent.message, sent.reply])
    expect(next.ask('messages', { thread: sent.thread }).pending).toMatchObject([{ run: sent.run, here: true }])
    expect(next.outbox()).toEqual(first.outbox())
    expect(next.db.stamp() > first.db.clock()).toBe(true)
  })
})
