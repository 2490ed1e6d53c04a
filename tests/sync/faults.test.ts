import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonValue } from '~/shared/domain/text'
import { noClock } from '~/shared/sync/clock'
import { clocksOf, mergeChange, type Entity } from '~/shared/sync/merge'
import { readRows, writeMerged, type mergeInto } from '~/workers/database/local-write'
import type { SyncFaults } from '~/workers/sync/ports'
import { runPoisoned } from './simulation/poison'
import { createScheduler } from './simulation/scheduler'
import { runScenario, runStaleAnswers } from './simulation/scenario'
import { createServer, type SimulatedServer } from './simulation/server'

const seeds = 400
const scheduler = createScheduler(1_800_000_000_000)
let server: SimulatedServer
let forgetful: SimulatedServer
beforeAll(async () => {
  server = await createServer({ now: scheduler.now })
  forgetful = await createServer({ now: scheduler.now, withoutDedupe: true })
})
afterAll(async () => {
  await server.close()
  await forgetful.close()
})

/** The rule that the first seed to notice finds broken; null if none does. */
async function firstBroken(on: SimulatedServer, faults: SyncFaults, run = runScenario, from = 1): Promise<string | null> {
  for (let seed = from; seed < from + seeds; seed++) {
    try {
      await run({ server: on, scheduler, seed, faults, skewed: faults.restampEverything === true })
    } catch (error) {
      const [, rule] = /^(I\d+): /.exec(error instanceof Error ? error.message : '') ?? []
      if (!rule) throw error
      return rule
    }
  }
  return null
}

/** As `mergeInto`, with nothing set aside. */
const mergeWithoutBelt: typeof mergeInto = ({ driver }, changes) => writeMerged(driver, changes, readRows(driver, changes))

/** Each column of a message's answer under a clock of its own: the highest wins, whatever the status says. */
function mergeByColumn(entity: Entity | null, change: Parameters<typeof mergeChange>[1]): Entity {
  const split = (columns: Record<string, JsonValue>) => mergeChange(entity, { ...change, c: columns })
  if (change.t !== 'message' || !entity || !('status' in change.c)) return split(change.c)
  const clock = clocksOf('message', entity).status ?? noClock
  if (change.h <= clock) return split(Object.fromEntries(Object.entries(change.c).filter(([name]) => !['status', 'parts', 'usage', 'error'].includes(name))))
  return { ...mergeChange({ ...entity, columns: { ...entity.columns, status: 'queued' } }, change), columns: { ...entity.columns, ...change.c } }
}

describe('a fault seeded into the engine is noticed', () => {
  const clientFaults: [string, SyncFaults, from?: number][] = [
    // Few seeds notice this one; the first that does is not far from here.
    ['re-stamping everything', { restampEverything: true }, 136],
    ['the cursor outside the transaction', { cursorOutsideTransaction: true }],
    ['no check of uptoClock', { skipUptoClockCheck: true }],
    ['cells merged column by column', { merge: mergeByColumn }],
  ]
  it.each(clientFaults)('[SY21] %s', async (_, faults, from) => {
    expect(await firstBroken(server, faults, runScenario, from)).toMatch(/^I\d+$/)
  }, 600_000)

  it('[SY21] a stale answer accepted', async () => {
    expect(await firstBroken(server, { acceptStaleAnswers: true }, runStaleAnswers)).toMatch(/^I\d+$/)
  }, 600_000)

  it('[SY21] what cannot be read not set aside', async () => {
    expect(await firstBroken(server, { mergeInto: mergeWithoutBelt }, runPoisoned)).toMatch(/^I\d+$/)
  }, 600_000)

  it('[SY21] no dedupe of what is pushed twice', async () => {
    expect(await firstBroken(forgetful, {})).toMatch(/^I\d+$/)
  }, 600_000)
})
