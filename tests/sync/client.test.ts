import { describe, expect, it } from 'vitest'
import type { RunId } from '~/shared/domain/ids'
import type { RunFeed } from '~/server/sync/session'
import { readPosition } from '~/workers/database/meta'
import { countOutbox, discardRejected, listRejected, retryRejected } from '~/workers/database/outbox'
import { createSpace, join, ofType, scheduler, synced, title } from './joined'
import { checkConvergence } from './simulation/invariants'

describe('pushes', () => {
  it('[SY6] writes that come close together share a push', async () => {
    const space = await createSpace()
    const { device, frames } = await join(space)
    for (let i = 0; i < 5; i++) {
      device.write(title(`title ${i}`))
      await scheduler.run(2)
    }
    await synced(device)
    expect(ofType(frames, 'push').map(({ changes }) => changes.length)).toEqual([5])
    await device.stop()
  })

  it('[SY102] the server’s time that was long on its way, as over a sleep of the machine, does not move the clock', async () => {
    const space = await createSpace()
    const { device, connections } = await join(space)
    const asked = scheduler.now() - 600_000
    connections[0]!.send(JSON.stringify({ type: 'pong', t: asked, now: asked + 5, head: 0 }))
    await scheduler.run(100)
    expect(Math.abs(device.db.now() - scheduler.now())).toBeLessThan(1_000)
    await device.stop()
  })

  it('[SY6] a long outbox goes in pushes of at most 500 changes and 256 KiB, one after another', async () => {
    const space = await createSpace()
    const { device, frames } = await join(space)
    for (let i = 0; i < 1_200; i++) device.write(title(`title ${i} ${'x'.repeat(i % 3 === 0 ? 250 : 0)}`, `thread-${i % 50}`))
    await synced(device)
    const pushes = ofType(frames, 'push')
    expect(pushes.flatMap(({ changes }) => changes.map(({ n }) => n))).toEqual(Array.from({ length: 1_200 }, (_, i) => i + 1))
    for (const push of pushes) {
      expect(push.changes.length).toBeLessThanOrEqual(500)
      expect(JSON.stringify(push).length).toBeLessThanOrEqual(256 * 1024 + 1024)
    }
    await device.stop()
  })

  it('[SY9] a change that the server refuses is set aside, blocks nothing, and can be sent again or given up', async () => {
    const space = await createSpace()
    const { device } = await join(space)
    device.wire.setOnline(false)
    device.write(title('before'))
    // As another build might have written it.
    // As another build might have written it: a title that is too long.
    const h = device.db.stamp()
    device.db.driver.run(`insert into outbox (n, t, k, h, c) values (2, 'thread', 'thread-0002', ?, ?)`, [h, JSON.stringify({ title: 'x'.repeat(400) })])
    device.db.driver.run(`insert into thread (id, title, h, hx) values ('thread-0002', ?, ?, '{}')`, ['x'.repeat(400), h])
    device.write(title('after'))
    device.wire.setOnline(true)
    await synced(device)
    expect(listRejected(device.db.driver)).toMatchObject([{ n: 2, code: 'invalid_request', k: 'thread-0002' }])
    expect(device.client.state()).toMatchObject({ state: 'synced', outgoing: 0, rejected: 1 })
    expect(device.notices).toContain('change-rejected')
    expect((await space.entities()).map(({ entity }) => entity.columns.title)).toEqual(['after'])

    expect(device.db.driver.transaction(() => retryRejected(device.db.driver, 2))).toBe(true)
    device.client.poke()
    await synced(device)
    expect(listRejected(device.db.driver)).toMatchObject([{ n: 4 }])
    device.db.driver.transaction(() => discardRejected(device.db.driver, 4))
    device.db.committed({ rows: [], local: ['rejected'] })
    await scheduler.run(5_000)
    expect(device.client.state()).toMatchObject({ state: 'synced', rejected: 0 })
    await checkConvergence(space, [device])
    await device.stop()
  })

  it('[SY17] what another device wrote arrives without a pull', async () => {
    const space = await createSpace()
    const [a, b] = [await join(space), await join(space)]
    const pulls = ofType(b.frames, 'pull').length
    a.device.write(title('hello'))
    await synced(a.device, b.device)
    await checkConvergence(space, [a.device, b.device])
    expect(ofType(b.frames, 'pull')).toHaveLength(pulls)
    await a.device.stop()
    await b.device.stop()
  })
})

describe('streamed replies', () => {
  it('[RN2] go on after a reconnect where they stopped, and never show a delta twice', async () => {
    const space = await createSpace()
    const run = 'run-00000001' as RunId
    const attached: number[] = []
    let send: (seq: number) => void = () => {}
    const runs: RunFeed = {
      attach(request) {
        attached.push(request.after)
        send = (seq) => request.send({ type: 'run-delta', run, seq, parts: [{ index: 0, type: 'text', text: `${seq} ` }] })
        return () => {}
      },
    }
    const shown: number[] = []
    const ended: string[] = []
    const { device } = await join(space, { runs, events: { onRunDelta: ({ seq }) => void shown.push(seq), onRunEnd: ({ status }) => void ended.push(status) } })
    device.client.attachRun(run, 0)
    await scheduler.run(100)
    for (const seq of [1, 2, 2, 1, 3]) send(seq)
    await scheduler.run(100)
    device.client.reconnect()
    await scheduler.run(1_000)
    for (const seq of [3, 4]) send(seq)
    await scheduler.run(100)
    expect(attached).toEqual([0, 3])
    expect(shown).toEqual([1, 2, 3, 4])
    await device.stop()
  })
})

describe('what the server keeps aside', () => {
  it('[SY125] a device that stands at the place of a change left out goes on from there, and takes the server for no other', async () => {
    const space = await createSpace()
    const [{ device: writer }, { device: reader }] = [await join(space), await join(space)]
    writer.write([...title('fine'), ...title('spoilt', 'thread-0002')])
    await scheduler.run(100)
    await synced(writer, reader)
    await space.spoil('thread-0002')
    // By this the server learns of it.
    writer.write(title('waits there', 'thread-0002'))
    await synced(writer, reader)
    const { device: late } = await join(space)
    await scheduler.run(100)
    await synced(late)
    for (const device of [writer, reader, late]) device.restart()
    await scheduler.run(1_000)
    await synced(writer, reader, late)
    for (const { db, notices } of [writer, reader, late]) {
      expect([readPosition(db.driver).cursor, notices]).toEqual([3, []])
    }
    expect(late.db.driver.all('select id from thread')).toEqual([{ id: 'thread-0001' }])
    expect(reader.db.driver.all(`select title from thread where id = 'thread-0002'`)).toEqual([{ title: 'spoilt' }])
    expect(countOutbox(writer.db.driver).outgoing).toBe(0)
    for (const device of [writer, reader, late]) await device.stop()
  })
})
