import { createDeviceId } from '~/shared/domain/ids'
import { mergeChange } from '~/shared/sync/merge'
import { entityToText } from '~/shared/sync/fingerprint'
import type { SyncFaults } from '~/workers/sync/ports'
import { applyPage } from '~/workers/sync/apply-page'
import { readPosition, writeMeta } from '~/workers/database/meta'
import type { LoggedChange } from '~/shared/sync/change'
import { createRandom } from '../random'
import { createDevice, type Device } from './device'
import { checkConvergence, checkGivenBack, checkLog, checkWritten, expectThat, readHeld, rowsToText, type HeldRow } from './invariants'
import { createOperations } from './operations'
import type { Scheduler } from './scheduler'
import type { SimulatedServer } from './server'
import { calm, type WireFaults } from './wire'

export interface ScenarioOptions {
  server: SimulatedServer
  scheduler: Scheduler
  seed: number
  faults?: SyncFaults
  /** Clocks are always wrong, which else only some seeds have. */
  skewed?: boolean
}

const minute = 60_000
const hour = 60 * minute

/**
 * One scenario from one seed: devices write, the wire misbehaves, processes die, files and servers go back in time. Then everything heals,
 * and the rules of sync.md §6 must hold. Throws with the rule that does not.
 */
export async function runScenario({ server, scheduler, seed, faults = {}, skewed = false }: ScenarioOptions): Promise<void> {
  const random = createRandom(seed)
  const space = await server.createSpace()
  const operations = createOperations(random)
  const rough: WireFaults = {
    drop: random.pick([0, 0, 0.02]), duplicate: random.pick([0, 0.05]), reorder: random.pick([0, 0, 0.05]), cut: random.pick([0, 0.02, 0.05]),
    late: random.pick([0, 0.5]), maxDelay: random.pick([5, 50, 400]),
  }
  let wireFaults = rough
  const does = {
    rollback: random.chance(0.35), restore: random.chance(0.2), skew: random.chance(0.4) || skewed, kill: random.chance(0.6), compact: random.chance(0.15), block: random.chance(0.15),
  }

  const devices: Device[] = []
  for (let i = 0; i < 1 + random.below(3); i++) {
    const id = createDeviceId(random.bytes)
    const { token, tokenId } = await space.mint(id)
    devices.push(await createDevice({
      id, token, url: server.url, scheduler, random, faults, keepFiles: does.rollback ? 0.15 : 0,
      accept: (device, wire) => space.accept(device, tokenId, wire), wireFaults: () => wireFaults,
      blocksSockets: () => does.block && i === 0,
    }))
  }
  /** What compaction took from the log's beginning. */
  const dropped: LoggedChange[] = []
  let backup: Awaited<ReturnType<typeof space.backup>> | null = null
  let held: HeldRow[] = []
  let restoredAt = 0

  try {
    const steps = 20 + random.below(40)
    for (let step = 0; step < steps; step++) {
      const device = random.pick(devices)
      const roll = random.next()
      if (roll < 0.25) operations.send(device)
      else if (roll < 0.6) operations.change(device)
      else if (roll < 0.7) await operations.reply(space)
      else if (roll < 0.76) device.wire.setOnline(!device.wire.isOnline())
      else if (roll < 0.82 && does.kill) device.restart()
      else if (roll < 0.87 && does.rollback) await device.rollBack()
      else if (roll < 0.91 && does.skew) device.setSkew(random.pick([0, 0, -hour, 30_000, 50_000, 2 * minute, 3 * hour, 400 * 24 * hour]))
      else if (roll < 0.93 && does.compact && !does.restore) {
        const log = await space.log()
        const floor = log.slice(0, random.below(log.length + 1))
        dropped.push(...floor)
        if (floor.length > 0) await space.compact(floor.at(-1)!.seq)
      } else if (roll < 0.96 && does.restore && restoredAt === 0) {
        if (!backup) backup = await space.backup()
        else {
          await scheduler.settle()
          held = devices.flatMap(readHeld)
          restoredAt = scheduler.now()
          await space.restore(backup)
        }
      }
      await scheduler.run(random.pick([0, 1, 5, 30, 30, 200, 2_000, 15_000]))
    }
    wireFaults = calm
    for (const device of devices) device.wire.setOnline(true)
    for (const device of devices) device.client.reconnect()
    for (let round = 0; round < 40 && !(await isQuiet(space, devices)); round++) await scheduler.run(10_000)

    await checkConvergence(space, devices)
    const log = [...dropped, ...await space.log()]
    const restored = restoredAt > 0
    const rows = checkLog(log, { restored, ordered: !restored && !devices.some((device) => device.rollbacks() > 0) })
    checkGivenBack(rows, held, restoredAt)
    if (!restored) checkWritten(log, operations.written, dropped.length === 0)
    const entities = await space.entities()
    for (const { table, key, entity } of entities) {
      const folded = rows.get(`${table} ${key}`)
      expectThat(folded !== undefined && entityToText(table, key, folded) === entityToText(table, key, entity), 'I8', () => `the log does not give ${table} ${key}`)
    }
    for (const device of devices) checkReplay(device, log)
    const last = log.at(-1)
    const row = last && rows.get(`${last.t} ${last.k}`)
    if (row) expectThat(mergeChange(row, last) === row, 'I3', () => 'a change merged twice changed a row')
  } finally {
    for (const device of devices) await device.stop()
    await scheduler.settle()
  }
}

/**
 * Answers that outlive their connection: a push is stored, the connection breaks before its answer, the server is put back to before
 * that push, and the old answer arrives while the same changes are on their way again.
 */
export async function runStaleAnswers({ server, scheduler, seed, faults = {} }: ScenarioOptions): Promise<void> {
  const random = createRandom(seed)
  const space = await server.createSpace()
  const operations = createOperations(random)
  let wireFaults: WireFaults = { ...calm, late: 1, maxDelay: 40 }
  const id = createDeviceId(random.bytes)
  const { token, tokenId } = await space.mint(id)
  const device = await createDevice({
    id, token, url: server.url, scheduler, random, faults,
    accept: (_, wire) => space.accept(id, tokenId, wire), wireFaults: () => wireFaults,
  })
  try {
    await scheduler.run(1_000)
    const backup = await space.backup()
    operations.send(device)
    for (let i = 0; i < 4; i++) operations.change(device)
    while ((await space.log()).length === 0) await scheduler.run(1)
    device.wire.setOnline(false)
    // The answer was quicker than the cut: another seed.
    if (readPosition(device.db.driver).acked > 0) return
    await space.restore(backup)
    device.wire.setOnline(true)
    wireFaults = { ...wireFaults, drop: 0.3 }
    await scheduler.run(2_000)
    device.wire.setOnline(false)
    wireFaults = calm
    device.wire.setOnline(true)
    for (let round = 0; round < 20 && !(await isQuiet(space, [device])); round++) await scheduler.run(10_000)
    await checkConvergence(space, [device])
    checkWritten(await space.log(), operations.written, true)
  } finally {
    await device.stop()
    await scheduler.settle()
  }
}

async function isQuiet(space: Awaited<ReturnType<SimulatedServer['createSpace']>>, devices: readonly Device[]): Promise<boolean> {
  for (const device of devices) {
    const { head } = await space.status(device.id)
    if (device.client.state().state !== 'synced' || device.db.driver.get<{ value: string }>(`select value from meta where name = 'cursor'`)?.value !== String(head)) {
      if (head > 0 || device.client.state().state !== 'synced') return false
    }
  }
  return true
}

/** I3: the whole log once more, from its start, changes no row. */
function checkReplay(device: Device, log: Parameters<typeof applyPage>[1]['changes']): void {
  if (log.length === 0) return
  const before = rowsToText(device.db).join('\n')
  const cursor = String(log.length)
  device.db.driver.transaction(() => writeMeta(device.db.driver, { cursor: 0 }))
  applyPage(device.db, { from: 1, to: log.length, changes: log })
  expectThat(rowsToText(device.db).join('\n') === before, 'I3', () => `replay changed ${device.id}`)
  device.db.driver.transaction(() => writeMeta(device.db.driver, { cursor }))
}
