import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runPoisoned } from './simulation/poison'
import { createScheduler } from './simulation/scheduler'
import { runScenario, runStaleAnswers } from './simulation/scenario'
import { createServer, type SimulatedServer } from './simulation/server'

const scenarios = Number(process.env.HOLDFAST_SCENARIOS ?? 250)
/** Seeds that once failed, and stay. */
const onceFailed = [475, 3521, 4768, 4870]
const scheduler = createScheduler(1_800_000_000_000)
let server: SimulatedServer
beforeAll(async () => {
  server = await createServer({ now: scheduler.now })
})
afterAll(() => server.close())

describe('the sync engine under faults', () => {
  it('[SY8] an answer that outlives its connection changes nothing, in 40 seeded scenarios', async () => {
    for (let seed = 1; seed <= 40; seed++) await runStaleAnswers({ server, scheduler, seed })
  }, 600_000)

  it('[SY124] with rows that cannot be read on either side the rest converges (I1), they are named, and come back, in 40 seeded scenarios', async () => {
    const failures: string[] = []
    for (let seed = 1; seed <= 40; seed++) {
      await runPoisoned({ server, scheduler, seed }).catch((error: unknown) => failures.push(`seed ${seed}: ${error instanceof Error ? error.stack : String(error)}`))
      if (failures.length > 2) break
    }
    expect(failures.join('\n\n')).toBe('')
  }, 600_000)

  it(`[SY20] keeps I1 to I8, I11 and I12 in ${scenarios} seeded scenarios`, async () => {
    const failures: string[] = []
    const first = Number(process.env.HOLDFAST_SEED ?? 1)
    for (const seed of [...Array.from({ length: scenarios }, (_, index) => first + index), ...onceFailed]) {
      try {
        await runScenario({ server, scheduler, seed })
      } catch (error) {
        failures.push(`seed ${seed}: ${error instanceof Error ? error.stack : String(error)}`)
        if (failures.length > 4) break
      }
    }
    expect(failures.join('\n\n')).toBe('')
  }, 3_600_000)
})
