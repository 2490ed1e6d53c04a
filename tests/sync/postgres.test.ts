import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPostgres, hasPostgres, postgresName } from '../runs/postgres'
import { createScheduler } from './simulation/scheduler'
import { runScenario } from './simulation/scenario'
import { createServer, type SimulatedServer } from './simulation/server'

const scenarios = Math.ceil(Number(process.env.HOLDFAST_SCENARIOS ?? 250) / 25)
const scheduler = createScheduler(1_800_000_000_000)

describe.skipIf(!hasPostgres)(`the sync engine on ${postgresName}`, () => {
  let database: Awaited<ReturnType<typeof createPostgres>>
  let server: SimulatedServer
  beforeAll(async () => {
    database = await createPostgres()
    server = await createServer({ config: { databaseUrl: database.url }, now: scheduler.now })
  })
  afterAll(async () => {
    await server.close()
    await database.drop()
  })

  it(`[SY20] keeps I1 to I8, I11 and I12 in ${scenarios} seeded scenarios`, async () => {
    const failures: string[] = []
    for (let seed = 1; seed <= scenarios; seed++) {
      await runScenario({ server, scheduler, seed }).catch((error: unknown) => failures.push(`seed ${seed}: ${String(error)}`))
    }
    expect(failures.join('\n')).toBe('')
  }, 3_600_000)
})
