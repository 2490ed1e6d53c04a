import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Target } from './attack'
import { Device } from './device'
import { endless, finish, frame, HostileProvider } from './provider'

const mebibyte = 1024 * 1024
/** The text of a tool's input, in JSON. */
const input = JSON.stringify({ text: 'words and more '.repeat(20_000) })
const call = (members: object, index = 0) => frame({ tool_calls: [{ index, ...members }] })

let provider: HostileProvider
let target: Target
let device: Device
beforeAll(async () => {
  provider = await HostileProvider.start({
    'hostile/pieces': function* () {
      yield call({ id: 'call_1', function: { name: 'write_file', arguments: '' } })
      for (let at = 0; at < input.length; at += 16) yield call({ function: { arguments: input.slice(at, at + 16) } })
      yield finish
    },
    'hostile/parts': function* () {
      yield frame({ content: 'so far' })
      yield frame({ tool_calls: Array.from({ length: 15_000 }, (_, index) => ({ index, id: `call_${index}`, function: { name: 'f', arguments: '{}' } })) })
      yield finish
    },
    'hostile/frame': function* () {
      yield frame({ content: 'so far' })
      yield* endless('data: {"choices":[{"delta":{"content":"', 'x'.repeat(64 * 1024))
    },
    'models': () => endless('{"data":['),
  })
  target = await Target.start({ NUXT_OPENROUTER_API_URL: provider.url })
  device = await Device.join(target)
})
afterAll(async () => {
  await target.remove()
  provider.close()
})

/** Bytes of everything in the server's folder. */
async function bytesOnDisk(): Promise<number> {
  const entries = await readdir(target.app.folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const sizes = await Promise.all(files.map((file) => stat(file).then(({ size }) => size, () => 0)))
  return sizes.reduce((sum, size) => sum + size, 0)
}

test('[RN210] a tool call in pieces of 16 bytes takes a bounded part of the disk', async () => {
  const before = await bytesOnDisk()
  expect(await device.run('pieces', 'hostile/pieces')).toMatchObject({ status: 'final', parts: [{ type: 'tool-write_file', input }] })
  // Its steps three times, its row in the log and in the state, and the write-ahead log of all that.
  expect(await bytesOnDisk() - before).toBeLessThan(16 * mebibyte)
})

test('[RN226] a flood of frames is read in short turns, in between which others are answered', async () => {
  const { result, times } = await target.slowdown(() => device.run('flood', 'hostile/pieces'))
  expect(result.status).toBe('final')
  expect(times).toBeLessThanOrEqual(10)
})

test('[RN222] fifteen thousand parts in one frame end the reply with as many as it may have', async () => {
  const before = await target.memory()
  const { status, parts, error } = await device.run('parts', 'hostile/parts')
  expect({ status, error }).toMatchObject({ status: 'error', error: { code: 'payload_too_large' } })
  expect(parts[0]).toEqual({ type: 'text', text: 'so far' })
  expect(parts.length).toBeLessThanOrEqual(5_000)
  expect(await target.memory() - before).toBeLessThan(64 * mebibyte)
})

test('[RN220] a frame without end is left after 4 MiB, with everything so far', async () => {
  const [memory, sent] = [await target.memory(), provider.sent]
  const { status, parts, error } = await device.run('frame', 'hostile/frame')
  expect({ status, parts, error }).toMatchObject({ status: 'error', parts: [{ type: 'text', text: 'so far' }], error: { code: 'provider_unavailable' } })
  // The system's buffers between the two hold some more.
  expect(provider.sent - sent).toBeLessThan(20 * mebibyte)
  expect(await target.memory() - memory).toBeLessThan(64 * mebibyte)
})

test('[RN225] a model list without end is left, however many ask for it, and the list that is known stands in', async () => {
  const [memory, sent] = [await target.memory(), provider.sent]
  const answers = await Promise.all(Array.from({ length: 10 }, () => device.ask('/openrouter/models')))
  for (const answer of answers) expect(await answer.json()).toMatchObject({ ok: true, source: 'snapshot' })
  expect(provider.sent - sent).toBeLessThan(40 * mebibyte)
  expect(await target.memory() - memory).toBeLessThan(128 * mebibyte)
})
