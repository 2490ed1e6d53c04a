import { Dexie } from 'dexie'
import { createId, type MessageId, type RunId, type ThreadId } from '~/shared/domain/ids'
import { writeLocal } from '~/workers/database/local-write'
import { mutate } from '~/workers/database/mutations/all'
import { closedFiles } from '~/workers/database/storage'
import { measureEach, openRaw, openReplica, randomBytes } from './replica'

const text = 'a message of an ordinary length, so that a row weighs what a row weighs in use. '.repeat(3)
const newId = () => createId(Date.now(), randomBytes)
const message = (thread: string) => ({
  thread, parent: null, role: 'user', status: 'final', parts: [{ type: 'text', text }], usage: null, error: null, model: null, run: null, deleted: 0, created_at: Date.now(),
})

/** A durable local send, ms each: our row and outbox entry, the composer's whole send, a bare row in SQLite, and the same two rows in IndexedDB by Dexie. */
export async function measureSends({ count }: { count: number }) {
  const { db } = await openReplica('sends')
  const { driver } = db
  const thread = newId()
  const write = (sync: 'full' | 'normal') => measureEach(count, () => db.committed(driver.transaction(() => writeLocal(db, [{ t: 'message', k: newId(), c: message(thread) }]), { sync })))
  const raw = await openRaw('raw-sends')
  raw.exec('create table message (id text primary key, parts text) strict')
  const insert = (sync: 'full' | 'normal') => measureEach(count, () => raw.transaction(() => raw.run('insert into message values (?, ?)', [newId(), text]), { sync }))
  // One round that does not count: statements are prepared, files grown.
  write('full')
  insert('full')
  const answer = {
    full: write('full'), rawFull: insert('full'), normal: write('normal'), rawNormal: insert('normal'),
    wholeSend: measureEach(count, () => mutate(db, 'send', {
      mutation: newId(), at: Date.now(), thread: newId() as ThreadId, newThread: { title: 'bench', model: null, system_prompt: null },
      ...oneSend(), options: { model: 'fake/echo' },
    })),
    dexieRelaxed: await measureDexie(count, 'relaxed'), dexieStrict: await measureDexie(count, 'strict'),
  }
  db.close()
  raw.close()
  await closedFiles.remove(['sends', 'raw-sends'])
  return answer
}

function oneSend() {
  const [id, reply, run] = [newId() as MessageId, newId() as MessageId, newId() as RunId]
  return { message: { id, parent: null, parts: [{ type: 'text' as const, text }] }, reply: { id: reply, run, parent: id } }
}

async function measureDexie(count: number, durability: 'relaxed' | 'strict'): Promise<number[]> {
  const dexie = new Dexie(`bench-${durability}`, { chromeTransactionDurability: durability })
  dexie.version(1).stores({ message: 'id, [thread+created_at]', outbox: 'n' })
  const thread = newId()
  const times: number[] = []
  for (let n = 0; n < count; n++) {
    const started = performance.now()
    await dexie.transaction('rw', ['message', 'outbox'], async () => {
      const row = { id: newId(), ...message(thread) }
      await Promise.all([dexie.table('message').put(row), dexie.table('outbox').put({ n, row })])
    })
    times.push(performance.now() - started)
  }
  await dexie.delete()
  return times
}
