import { afterAll, beforeAll } from 'vitest'
import { createDeviceId } from '~/shared/domain/ids'
import type { HoldfastError } from '~/shared/errors'
import { clientMessageSchema, type ClientMessage } from '~/shared/protocol/client-message'
import { err, ok } from '~/shared/result'
import type { RunFeed } from '~/server/sync/session'
import type { SyncIdentity } from '~/workers/sync/ports'
import { createRandom } from './random'
import { createDevice, type Device, type DeviceOptions } from './simulation/device'
import { createScheduler } from './simulation/scheduler'
import { createServer, type SimulatedServer, type SimulatedSpace } from './simulation/server'

export const scheduler = createScheduler(1_800_000_000_000)
export const random = createRandom(11)
let server: SimulatedServer
beforeAll(async () => {
  server = await createServer({ now: scheduler.now })
})
afterAll(() => server.close())

export const createSpace = () => server.createSpace()

export interface Joined { device: Device, frames: ClientMessage[], connections: { close(code: number, reason: string): void, send(text: string): void }[] }

/** A device whose frames are kept, and whose connections can be closed from the server's side. */
export async function join(space: SimulatedSpace, { runs, keys, ...options }: Partial<DeviceOptions> & { runs?: RunFeed, keys?: Keys } = {}): Promise<Joined> {
  const id = createDeviceId(random.bytes)
  const { token, tokenId } = await space.mint(id)
  keys?.issue(token)
  const frames: ClientMessage[] = []
  const connections: Joined['connections'] = []
  const device = await createDevice({
    id, token, url: server.url, scheduler, random,
    accept(of, wire) {
      connections.push(wire)
      const session = space.accept(of, tokenId, wire, runs)
      return { ...session, receive: (text) => (frames.push(clientMessageSchema.parse(JSON.parse(text))), session.receive(text)) }
    },
    ...(keys ? { identity: keys.identity } : {}),
    ...options,
  })
  await scheduler.run(1_000)
  return { device, frames, connections }
}

export async function synced(...devices: Device[]) {
  for (let round = 0; round < 100 && devices.some((device) => device.client.state().state !== 'synced'); round++) await scheduler.run(1_000)
}

export const title = (text: string, key = 'thread-0001') => [{ t: 'thread' as const, k: key, c: { title: text } }]
export const ofType = <T extends ClientMessage['type']>(frames: ClientMessage[], type: T) => frames.filter((frame): frame is Extract<ClientMessage, { type: T }> => frame.type === type)

type Keys = ReturnType<typeof createKeys>

/** The device's token as its worker keeps it. `renewals` are the failures of the next attempts to renew it, null for none. */
export function createKeys({ paired = true, renewals = [] }: { paired?: boolean, renewals?: (HoldfastError | null)[] } = {}) {
  const saved: string[] = []
  let issued: string | null = null
  let isPaired = paired
  let renewed = 0
  const listeners = new Set<() => void>()
  const identity: SyncIdentity = {
    token: () => (isPaired ? issued : null),
    saveToken: (value) => void saved.push(value),
    async renewToken() {
      renewed++
      const failure = renewals.shift()
      return failure ? err(failure) : ok(undefined)
    },
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
  return {
    identity, saved,
    renewed: () => renewed,
    issue: (token: string) => void (issued = token),
    pair() {
      isPaired = true
      listeners.forEach((listener) => listener())
    },
  }
}
