import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatClock, type Clock } from '~/shared/sync/clock'
import { entityToText } from '~/shared/sync/fingerprint'
import type { Change } from '~/shared/sync/change'
import { entityToChanges, highestClock, mergeChange, replaceClock, slotClock, type Entity } from '~/shared/sync/merge'

const writers = ['aaaaaaaa.aaaa', 'bbbbbbbb.bbbb', 'server']
const clock = (ms: number, writer = writers[0]!): Clock => formatClock(ms, 0, writer)
const cell = (status: string, text: string) => ({ status, parts: [{ type: 'text', text }], usage: null, error: null })
type MessageChange = Pick<Change, 't' | 'h' | 'c'>
const message = (h: Clock, c: Change['c']): MessageChange => ({ t: 'message', h, c })
const merged = (...changes: MessageChange[]) => changes.reduce<Entity | null>((entity, change) => mergeChange(entity, change), null)!

/** Changes of one message, each under a clock of its own. */
const changes = fc.uniqueArray(fc.record({
  ms: fc.integer({ min: 1, max: 60 }), writer: fc.constantFrom(...writers), kind: fc.integer({ min: 0, max: 6 }),
}), { selector: ({ ms, writer }) => `${ms} ${writer}`, maxLength: 12 }).map((items) => items.map(({ ms, writer, kind }) => {
  const mark = `${ms} ${writer}`
  const status = ['queued', 'streaming', 'final', 'stopped'][kind]
  return message(clock(ms, writer), status ? cell(status, mark) : kind === 4 ? { deleted: ms % 2 } : kind === 5 ? { model: mark } : { model: mark, deleted: ms % 2, ...cell('final', mark) })
}))

describe('merge', () => {
  it('[SY2] gives the same row in whatever order changes come, and however often', () => {
    fc.assert(fc.property(changes.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray([...list, ...list], { minLength: list.length * 2 }))), ([list, shuffled]) => {
      fc.pre(list.length > 0)
      expect(entityToText('message', 'k', merged(...shuffled))).toBe(entityToText('message', 'k', merged(...list)))
    }), { numRuns: 500 })
  })

  it('[SY2] a change merged again returns the very same row', () => {
    fc.assert(fc.property(changes, (list) => {
      fc.pre(list.length > 0)
      const row = merged(...list)
      for (const change of list) expect(mergeChange(row, change)).toBe(row)
    }))
  })

  it('[SY2] a row taken apart into changes gives the same row again', () => {
    fc.assert(fc.property(changes, (list) => {
      fc.pre(list.length > 0)
      const row = merged(...list)
      expect(entityToText('message', 'k', merged(...entityToChanges('message', 'k', row)))).toBe(entityToText('message', 'k', row))
    }))
  })

  it('[SY2] of two values of a column the one with the higher clock stays', () => {
    expect(merged(message(clock(2), { model: 'new' }), message(clock(1), { model: 'old' })).columns.model).toBe('new')
  })

  it('[SY3] a terminal answer by the server replaces one by a device, whatever the clocks', () => {
    const byDevice = message(clock(9), cell('stopped', 'device'))
    const byServer = message(clock(3, 'server'), cell('final', 'server'))
    expect(merged(byDevice, byServer).columns.status).toBe('final')
    expect(merged(byServer, byDevice).columns.status).toBe('final')
  })

  it('[SY3] a draft never replaces a terminal answer', () => {
    expect(merged(message(clock(1), cell('final', 'a')), message(clock(9, 'server'), cell('streaming', 'b'))).columns.status).toBe('final')
  })

  it('[SY3] the earlier of two terminal answers of one rank stays', () => {
    const row = merged(message(clock(5), cell('final', 'later')), message(clock(4, writers[1]), cell('stopped', 'earlier')))
    expect(row.columns).toMatchObject(cell('stopped', 'earlier'))
  })

  it('[SY3] the four columns of an answer keep one clock', () => {
    const row = merged(message(clock(1), { ...cell('queued', ''), model: 'm' }), message(clock(2), cell('streaming', 'x')))
    expect([slotClock(row, 'status'), slotClock(row, 'model'), row.h]).toEqual([clock(2), clock(1), clock(1)])
  })

  it('[SY22] undo of a delete is a newer value', () => {
    expect(merged(message(clock(1), { deleted: 1 }), message(clock(2), { deleted: 0 })).columns.deleted).toBe(0)
  })

  it('[SY7] a replaced clock changes no value', () => {
    const row = merged(message(clock(5), { model: 'm', deleted: 0 }), message(clock(6), { deleted: 1 }))
    const replaced = replaceClock('message', row, clock(5), clock(2))
    expect([replaced.columns, slotClock(replaced, 'model'), slotClock(replaced, 'deleted'), highestClock(replaced)]).toEqual([row.columns, clock(2), clock(6), clock(6)])
    expect(replaceClock('message', row, clock(99), clock(2))).toBe(row)
  })
})
