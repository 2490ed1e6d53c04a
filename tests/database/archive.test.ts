import { describe, expect, it } from 'vitest'
import type { FilePart } from '~/shared/domain/part'
import { HoldfastException } from '~/shared/errors'
import { exportFile, exportJson } from '~/workers/database/export'
import { importArchive } from '~/workers/database/import'
import { mutate } from '~/workers/database/mutations/all'
import { writeLocal } from '~/workers/database/local-write'
import { createReplica, type Replica } from './replica'

const breathe = () => new Promise<void>((resolve) => setImmediate(resolve))
const kept: string[] = []
const keepText = (text: string) => Promise.resolve<FilePart>({ type: 'file', sha256: String(kept.push(text)).padStart(64, '0'), name: 'text.txt', mime: 'text/plain', size: text.length })
const textOf = ({ bytes }: { bytes: Uint8Array }) => new TextDecoder().decode(bytes)
const exported = (replica: Replica) => JSON.parse(textOf(exportJson(replica.db.driver, replica.time.now))) as Record<string, Record<string, unknown>[]>
const bring = (replica: Replica, text: string, mutation: string = replica.newId()) => importArchive(replica.db, mutation, text, { pause: breathe, keepText })

/** A thread with an answered question, a label, a setting, a draft, and a deleted thread beside it. */
async function createOwner() {
  const replica = await createReplica({ seed: 1 })
  const { thread, reply } = replica.send('Größe "quoted" \u{1F600}\nsecond line')
  const usage = { promptTokens: 3, completionTokens: 2, cost: 0.25 }
  replica.db.committed(replica.db.driver.transaction(() => writeLocal(replica.db, [
    { t: 'message', k: reply, c: { status: 'final', parts: [{ type: 'reasoning', text: 'hm', ms: 5 }, { type: 'text', text: 'answer' }], usage, error: null } },
  ])))
  mutate(replica.db, 'set-label', { ...replica.stamp(), thread, name: 'work', on: true })
  mutate(replica.db, 'set-setting', { ...replica.stamp(), name: 'ui/theme', value: { dark: true } })
  replica.db.committed(replica.db.driver.transaction(() => writeLocal(replica.db, [{ t: 'setting', k: `draft/${thread}`, c: { value: 'half' } }])))
  const gone = replica.send('deleted thread')
  mutate(replica.db, 'patch-thread', { ...replica.stamp(), thread: gone.thread, patch: { deleted: true } })
  return { replica, thread, reply }
}

describe('export and import', () => {
  it('[ST60] an export holds every live row and nothing that was deleted, held back or secret', async () => {
    const { replica, thread } = await createOwner()
    const archive = exported(replica)
    expect(archive.threads?.map(({ id }) => id)).toEqual([thread])
    expect(archive.messages).toHaveLength(2)
    expect(archive.labels).toEqual([{ thread, name: 'work' }])
    expect(archive.settings).toEqual([{ name: 'ui/theme', value: { dark: true } }])
    expect(textOf(exportJson(replica.db.driver, replica.time.now))).not.toContain(replica.db.deviceId)
  })

  it('[ST61] an import into an empty device gives the same export again', async () => {
    const { replica } = await createOwner()
    const other = await createReplica({ seed: 2 })
    expect(await bring(other, textOf(exportJson(replica.db.driver, 0)))).toEqual({ threads: 1, messages: 2 })
    const [before, after] = [exported(replica), exported(other)]
    const withoutRun = (rows?: Record<string, unknown>[]) => rows?.map((row) => ({ ...row, run: null }))
    expect({ ...after, exportedAt: 0 }).toEqual({ ...before, exportedAt: 0, messages: withoutRun(before.messages) })
    expect(other.ask('search', { text: 'größe', limit: 5 }).length).toBeGreaterThan(0)
    expect(other.outbox().map(({ t }) => t)).toEqual(['thread', 'message', 'message', 'label', 'setting'])
  })

  it('[ST62] a second import adds nothing, a replayed one answers as the first, and a deleted row comes back', async () => {
    const { replica, thread } = await createOwner()
    const text = textOf(exportJson(replica.db.driver, 0))
    const other = await createReplica({ seed: 2 })
    const mutation = other.newId()
    const first = await bring(other, text, mutation)
    const entries = other.outbox().length
    expect(await bring(other, text, mutation)).toEqual(first)
    expect(await bring(other, text)).toEqual({ threads: 0, messages: 0 })
    expect(other.outbox()).toHaveLength(entries)
    mutate(other.db, 'patch-thread', { ...other.stamp(), thread, patch: { deleted: true } })
    expect(await bring(other, text)).toEqual({ threads: 1, messages: 0 })
    expect(other.ask('thread', { id: thread }).state).toBe('present')
  })

  it('[ST66] a reply longer than a device may write comes with its longest text as a file', async () => {
    const { replica, reply } = await createOwner()
    const archive = exported(replica)
    const long = 'long '.repeat(80_000)
    archive.messages!.find(({ id }) => id === reply)!.parts = [{ type: 'reasoning', text: 'hm' }, { type: 'text', text: long }]
    const other = await createReplica({ seed: 2 })
    expect(await bring(other, JSON.stringify(archive))).toEqual({ threads: 1, messages: 2 })
    const row = exported(other).messages!.find(({ id }) => id === reply)
    expect(row?.parts).toMatchObject([{ type: 'reasoning', text: 'hm' }, { type: 'file', name: 'text.txt', size: long.length }])
    expect(kept).toEqual([long])
  })

  it('[ST63] a reply that had not ended is imported as interrupted', async () => {
    const replica = await createReplica()
    const { thread } = replica.send('unfinished')
    const other = await createReplica({ seed: 2 })
    await bring(other, textOf(exportJson(replica.db.driver, 0)))
    expect(other.messagesOf(thread).map(({ status }) => status)).toEqual(['final', 'interrupted'])
  })

  it.each(['', 'not json', '[]', '{"format":"other"}', '{"format":"holdfast","version":1,"threads":[{"id":"x"}],"messages":[]}'])(
    '[ST64] a file that is no export is refused whole: %s', async (text) => {
      const replica = await createReplica()
      await expect(bring(replica, text)).rejects.toThrow(HoldfastException)
      expect(replica.outbox()).toEqual([])
    })

  it('[ST65] the database file opens as it was on another device', async () => {
    const { replica, thread } = await createOwner()
    const { bytes, name } = exportFile(replica.db.driver, Date.UTC(2026, 0, 5))
    expect(name).toBe('holdfast-2026-01-05.sqlite3')
    const other = await createReplica({ seed: 1, image: bytes })
    expect(other.messagesOf(thread)).toEqual(replica.messagesOf(thread))
  })
})
