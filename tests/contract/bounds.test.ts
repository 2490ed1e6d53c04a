import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { JsonValue } from '~/shared/domain/text'
import { databases, openContext, type OpenedContext } from './databases'
import { addDevice } from './device'

describe.each(databases)('what a device may push, on $name', ({ dialect, skip }) => {
  let opened: OpenedContext
  beforeEach(async () => { if (!skip) opened = await openContext(dialect) })
  afterEach(async () => { if (!skip) await opened.close() })
  const it = skip ? test.skip : test

  it('[SY114] texts that a database refuses are refused before it, wherever in a change they stand', async () => {
    const device = await addDevice(opened.context)
    const text = fc.oneof(fc.constantFrom('\u0000', 'a\u0000', '\ud800', '__proto__', '0000000000000:00000:server'), fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }))
    await fc.assert(fc.asyncProperty(text, text, text, fc.jsonValue(), text, async (t, k, h, value, where) => {
      const whole = device.change('setting', 'key', { value: value as JsonValue })
      const sent = where < 'a' ? { ...whole, t } : where < 'f' ? { ...whole, k } : where < 's' ? { ...whole, h } : { ...whole, c: { [h]: t } }
      const { outcome } = await device.push(sent)
      expect(outcome, JSON.stringify(sent)).toMatchObject({ kind: 'stored', upto: sent.n })
      expect(await opened.context.sync.status(device.spaceId, device.deviceId)).toMatchObject({ upto: sent.n })
    }), { seed: 114, numRuns: 100, endOnFailure: true })
  })
})
