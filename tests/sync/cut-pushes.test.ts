import { describe, expect, it } from 'vitest'
import { createError } from '~/shared/errors'
import { clientMessageSchema } from '~/shared/protocol/client-message'
import { pushBodySchema } from '~/shared/protocol/push'
import { createSpace, join, synced, title } from './joined'
import { checkConvergence } from './simulation/invariants'

const writes = 120
const breaks = () => { throw new TypeError('the connection broke') }
const refuses = (code: 'payload_too_large' | 'request_timeout', status: number) => () =>
  Response.json({ ok: false, error: createError(code, 'no') }, { status })

/** A device that syncs over HTTP on a line that fails every push of more than `most` changes; the sizes of what it pushed. */
async function behindLine(fail: () => Response, most: (size: number) => number = () => 1) {
  const space = await createSpace()
  const sizes: number[] = []
  const { device } = await join(space, {
    blocksSockets: () => true,
    meddle(path, init) {
      if (path !== '/push') return null
      const { changes } = pushBodySchema.parse(JSON.parse(String(init?.body)))
      if (changes.length > 0) sizes.push(changes.length)
      return changes.length > most(changes.length) ? fail() : null
    },
  })
  for (let i = 0; i < writes; i++) device.write(title(`title ${i}`, `thread-${String(i).padStart(4, '0')}`))
  return { space, device, sizes }
}

describe('a push that does not get through', () => {
  it.each([
    ['is cut off midway', breaks], ['is too large for something on the way', refuses('payload_too_large', 413)],
    ['is too slow for the server', refuses('request_timeout', 408)], ['is refused in words that are not ours', () => new Response('<h1>413</h1>', { status: 413 })],
  ])('[AU112] because it %s is halved, down to one change, and everything arrives', async (_, fail) => {
    const { space, device, sizes } = await behindLine(fail)
    for (let round = 0; round < 40; round++) await synced(device)
    expect(sizes.slice(0, 7)).toEqual([120, 60, 30, 15, 7, 3, 1])
    await checkConvergence(space, [device])
    await device.stop()
  })

  it('[AU112] grows again when the line lets it', async () => {
    let limit = 10
    const { space, device, sizes } = await behindLine(breaks, (size) => {
      if (size === 7) limit = writes
      return limit
    })
    for (let round = 0; round < 10; round++) await synced(device)
    expect(sizes).toEqual([120, 60, 30, 15, 7, 14, 28, 56, 15])
    await checkConvergence(space, [device])
    await device.stop()
  })

  it('[AU112] is halved on a socket as well', async () => {
    const space = await createSpace()
    const sizes: number[] = []
    const lossy: typeof space = Object.assign(Object.create(space) as typeof space, {
      accept(...end: Parameters<typeof space.accept>) {
        const session = space.accept(...end)
        return {
          ...session,
          async receive(text: string) {
            const message = clientMessageSchema.parse(JSON.parse(text))
            if (message.type !== 'push') return session.receive(text)
            sizes.push(message.changes.length)
            if (message.changes.length === 1) return session.receive(text)
            device.wire.cutByServer()
          },
        }
      },
    })
    const { device } = await join(lossy)
    for (let i = 0; i < writes; i++) device.write(title(`title ${i}`, `thread-${String(i).padStart(4, '0')}`))
    for (let round = 0; round < 10; round++) await synced(device)
    expect(sizes.slice(0, 7)).toEqual([120, 60, 30, 15, 7, 3, 1])
    await checkConvergence(space, [device])
    await device.stop()
  })
})
