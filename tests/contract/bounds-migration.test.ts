import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { boundColumns } from '~/shared/domain/bounds'
import type { JsonValue } from '~/shared/domain/text'
import { hashEntity } from '~/shared/sync/fingerprint'
import { migrate } from '~/server/sql/migrate'
import { migrations } from '~/server/sql/migrations'
import { rowToEntity } from '~/server/sync/stored-row'
import { databases, openContext, type OpenedContext } from './databases'
import { addDevice } from './device'

describe.each(databases)('what an earlier build stored, on $name', ({ dialect, skip }) => {
  let opened: OpenedContext
  beforeEach(async () => { if (!skip) opened = await openContext(dialect) })
  afterEach(async () => { if (!skip) await opened.close() })
  const it = skip ? test.skip : test

  /** Lets a stored row and its change stand as a build without a bound would have taken them, and starts again. */
  async function upgradeFrom(key: string, columns: string): Promise<void> {
    const { database } = opened.context
    await database.updateTable('entity').set({ columns }).where('pk', '=', key).execute()
    await database.updateTable('change').set({ columns }).where('pk', '=', key).execute()
    await database.deleteFrom('migration' as never).where('name' as never, '=', '0005-bounds' as never).execute()
    await migrate(database, dialect, migrations, Date.now)
  }
  const stored = async (key: string) => {
    const entity = await opened.context.database.selectFrom('entity').selectAll().where('pk', '=', key).executeTakeFirstOrThrow()
    const change = await opened.context.database.selectFrom('change').selectAll().where('pk', '=', key).executeTakeFirstOrThrow()
    return { entity, change }
  }

  it.each([66, 998, 1_000, 2_000, 100_000])('[SY115] a row nested %i deep is folded in the log and in its merged form, and its sum counted anew', async (depth) => {
    const device = await addDevice(opened.context)
    await device.push(device.change('setting', 'deep', { value: 1 }))
    const columns = `{"value":${'{"a":['.repeat(depth / 2)}"x"${']}'.repeat(depth / 2)}}`
    await upgradeFrom('deep', columns)
    const wanted = JSON.stringify(boundColumns(JSON.parse(columns) as Record<string, JsonValue>))
    const { entity, change } = await stored('deep')
    expect([entity.columns, change.columns]).toEqual([wanted, wanted])
    expect(entity.hash).toBe(hashEntity('setting', 'deep', rowToEntity(entity)))
    const { changes } = await device.pull() as { changes: object[] }
    expect(changes).toEqual([expect.objectContaining({ k: 'deep', c: JSON.parse(wanted) as object })])
  })

  it('[SY115] a row with many brackets that is not deep stays as it is, and one that is no JSON stops nothing', async () => {
    const device = await addDevice(opened.context)
    await device.push(device.change('setting', 'wide', { value: 1 }), device.change('setting', 'broken', { value: 1 }))
    const wide = JSON.stringify({ value: Array.from({ length: 500 }, () => [{}]) })
    await upgradeFrom('wide', wide)
    expect((await stored('wide')).entity.columns).toBe(wide)
    const broken = `{"value":${'['.repeat(90)}`
    await upgradeFrom('broken', broken)
    expect((await stored('broken')).entity.columns).toBe(broken)
  })
})
