// npm run nightly: what is too long for every commit, or asks the registry. Known holes in dependencies, 10,000 seeded scenarios of the sync engine, 200 kills of a server that streams, then the long browser chaos.
import { parseArgs } from 'node:util'
import { bin, ensureInstalled, ensurePrepared, requireNode, run } from './setup.mjs'

const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, scenarios: { type: 'string', default: '10000' }, minutes: { type: 'string', default: '5' } } })
requireNode()
ensureInstalled()
ensurePrepared()

run(process.execPath, ['scripts/audit.mjs'])
run(bin('vitest'), ['run', '--project', 'node', 'tests/sync'], { env: { ...process.env, HOLDFAST_SEED: values.seed, HOLDFAST_SCENARIOS: values.scenarios } })
run(process.execPath, ['scripts/hostile.mjs', 'tests/hostile/kills.test.ts'], { env: { ...process.env, HOLDFAST_KILLS: '200' } })
run(process.execPath, ['scripts/chaos.mjs', '--minutes', values.minutes])
