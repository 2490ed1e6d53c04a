import { expect, test } from 'vitest'
import { boundJson, deepest } from '~/shared/domain/bounds'
import type { JsonValue } from '~/shared/domain/text'
import { mutate } from '~/workers/database/mutations/all'
import { readUnsent, restoreUnsent } from '~/workers/database/salvage'
import { createSpace, join, scheduler, synced } from './joined'
import type { Device } from './simulation/device'
import { checkConvergence } from './simulation/invariants'

const nestedText = (depth: number) => '{"a":['.repeat(depth / 2) + ']}'.repeat(depth / 2)
const nested = (depth: number) => JSON.parse(nestedText(depth)) as JsonValue
const setting = (value: JsonValue, k = 'deep') => [{ t: 'setting' as const, k, c: { value } }]

/** Lets what the device wrote last stand as a build without a bound wrote it: in its row, and in a table where it waits. */
function deepen({ db }: Device, depth: number, table: 'outbox' | 'rejected' | null = 'outbox'): void {
  db.driver.run('update setting set value = ?', [nestedText(depth)])
  if (table) db.driver.run(`update ${table} set c = ?`, [`{"value":${nestedText(depth)}}`])
}
const valueOf = async (space: Awaited<ReturnType<typeof createSpace>>) => (await space.entities()).find(({ key }) => key === 'deep')?.entity.columns.value

test.each([deepest + 2, 1_000, 20_000])('[SY117] a change that waits, %i deep, goes out folded, and its row says the same', async (depth) => {
  const space = await createSpace()
  const { device } = await join(space)
  device.wire.setOnline(false)
  device.write(setting(1))
  deepen(device, depth)
  device.wire.setOnline(true)
  await scheduler.run(60_000)
  await synced(device)
  expect(device.client.state().rejected).toBe(0)
  expect(await valueOf(space)).toEqual(boundJson(nested(depth)))
  await checkConvergence(space, [device])
  await device.stop()
})

test('[SY117] an answer that waits in parts is folded in its message too, and stays findable', async () => {
  const space = await createSpace()
  const { device } = await join(space)
  device.wire.setOnline(false)
  const cell = (parts: object[]) => ({ status: 'final', parts: parts as JsonValue, usage: null, error: null })
  device.write([{ t: 'message', k: 'message-01', c: cell([{ type: 'text', text: 'geese' }]) }])
  const parts = [{ type: 'text', text: 'geese' }, { type: 'tool-x', input: nested(900) }]
  device.db.driver.run('update message set parts = ?', [JSON.stringify(parts)])
  device.db.driver.run('update outbox set c = ?', [JSON.stringify(cell(parts))])
  device.wire.setOnline(true)
  await scheduler.run(60_000)
  await synced(device)
  expect(device.client.state().rejected).toBe(0)
  expect((await space.entities())[0]?.entity.columns.parts).toEqual(boundJson(parts))
  expect(device.db.driver.get('select count(*) as found from search(?)', ['geese'])).toEqual({ found: 1 })
  await checkConvergence(space, [device])
  await device.stop()
})

test('[SY118] a restored server gets rows back folded that an earlier build had taken deeper', async () => {
  const space = await createSpace()
  const { device } = await join(space)
  const backup = await space.backup()
  device.write(setting(1))
  await synced(device)
  deepen(device, 5_000, null)
  await space.restore(backup)
  await scheduler.run(60_000)
  await synced(device)
  expect(device.notices).toContain('restored-server')
  expect(await valueOf(space)).toEqual(boundJson(nested(5_000)))
  await checkConvergence(space, [device])
  await device.stop()
})

test('[ST104] what an earlier build wrote and the server refused as too deep is taken at Retry', async () => {
  const space = await createSpace()
  const { device } = await join(space)
  device.write(setting(1))
  await synced(device)
  device.db.driver.run('insert into rejected (n, t, k, h, c, code, message) select 1, ?, ?, h, ?, ?, ? from setting', ['setting', 'deep', '{}', 'invalid_request', 'too deep'])
  deepen(device, 300, 'rejected')
  device.db.driver.run('delete from meta where name = ?', ['bounded'])
  device.restart()
  mutate(device.db, 'retry-change', { mutation: 'mutation-1' as never, at: 1, n: 1 })
  await scheduler.run(60_000)
  await synced(device)
  expect(device.client.state().rejected).toBe(0)
  expect((await space.log()).at(-1)?.c).toEqual({ value: boundJson(nested(300)) })
  await device.stop()
})

test('[ST105] unsent work that is carried over from another file is folded on the way', async () => {
  const space = await createSpace()
  const { device: from } = await join(space)
  const { device: to } = await join(space)
  from.wire.setOnline(false)
  from.write(setting(1))
  deepen(from, 2_000)
  restoreUnsent(to.db, readUnsent(from.db.driver))
  await scheduler.run(60_000)
  await synced(to)
  expect(await valueOf(space)).toEqual(boundJson(nested(2_000)))
  await checkConvergence(space, [to])
  await from.stop()
  await to.stop()
})

test('[SY119] members of any name arrive as they were written, `__proto__` and the empty one too', async () => {
  const space = await createSpace()
  const { device } = await join(space)
  const { device: other } = await join(space)
  const value = JSON.parse('{"__proto__":{"a":1},"":[],"constructor":null,"a":{"__proto__":-0}}') as JsonValue
  device.write(setting(value))
  await synced(device, other)
  expect(JSON.stringify(await valueOf(space))).toBe(JSON.stringify(value))
  expect(other.db.driver.get('select value from setting')).toEqual({ value: JSON.stringify(value) })
  await checkConvergence(space, [device, other])
  await device.stop()
  await other.stop()
})
