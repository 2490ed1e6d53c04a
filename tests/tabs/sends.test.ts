import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startFakeOpenRouter } from '../fakes/openrouter/index.mjs'
import { startServer, type TestServer } from '../server/harness'
import { createDevice, type TestDevice } from './device'
import { until } from './time'

let fake: Awaited<ReturnType<typeof startFakeOpenRouter>>
let server: TestServer
let device: TestDevice
const others: TestDevice[] = []

beforeEach(async () => {
  fake = await startFakeOpenRouter({ pace: 'instant' })
  server = await startServer({ openrouterApiUrl: fake.apiUrl, openrouterAuthUrl: fake.authUrl })
  device = await createDevice(server.url, { name: 'Laptop' })
  await device.synced()
})
afterEach(async () => {
  for (const each of [device, ...others.splice(0)]) await each.close()
  await server.close()
  await fake.close()
})

async function pairAnother(name: string): Promise<TestDevice> {
  const other = await createDevice(server.url, { name })
  others.push(other)
  await other.see('sync', {}, ({ state }) => state === 'local-only')
  const { body } = await device.call('server-request', { method: 'POST', path: '/auth/spsk/pair', body: {} })
  await other.call('pair', { deviceName: name, pairingCode: (body as { code: string }).code })
  await other.synced()
  return other
}

describe('a send', () => {
  it('[RN30] goes out once its rows are acknowledged, streams to the page, and ends as the row that came', async () => {
    await device.saveKey()
    const sent = await device.send('alpha beta gamma delta')
    const reply = await device.ended(sent)
    expect(reply).toMatchObject({ status: 'final', text: 'alpha beta gamma delta' })
    expect(reply.usage?.promptTokens).toBeGreaterThan(0)
    await until(() => device.heard('run-ended').length === 1)
    // The row may overtake the last words of the stream: then it is what the page shows.
    expect(reply.text.startsWith(device.streamed(sent.run).text)).toBe(true)
    expect(device.heard('run-ended')).toMatchObject([{ run: sent.run, thread: sent.thread, status: 'final', error: null }])
    expect(device.driver().all('select * from pending_run')).toEqual([])
    expect(fake.calls()).toHaveLength(1)
  })

  it('[RN31] without a key waits and says so once; the key sends it', async () => {
    const sent = await device.send('keyless')
    await until(() => device.heard('send-blocked').length > 0)
    await device.see('messages', { thread: sent.thread }, ({ pending }) => pending[0]?.needsKey === true && pending[0].here)
    await device.call('reconnect', {})
    await device.synced()
    expect(device.heard('send-blocked')).toMatchObject([{ thread: sent.thread, reply: sent.reply, error: { code: 'key_missing' } }])
    await device.saveKey()
    expect(await device.ended(sent)).toMatchObject({ status: 'final', text: 'keyless' })
  })

  it('[RN32] written offline goes out in order, once, also when the worker was restarted in between', async () => {
    await device.saveKey()
    device.disconnect()
    const first = await device.send('first')
    const second = await device.send('second')
    const third = await device.send('third')
    await device.restart()
    await device.call('cancel-send', { ...device.stamp(), reply: second.reply })
    await device.restart()
    await device.reconnect()
    expect(await device.ended(third)).toMatchObject({ status: 'final', text: 'third' })
    expect(await device.ended(first)).toMatchObject({ status: 'final', text: 'first' })
    expect(fake.calls().map(({ text }) => text)).toEqual(['first', 'third'])
  })

  it('[RN41] that follows a reply still to come waits for it, and the model is asked with that reply; other threads go on', async () => {
    await device.saveKey()
    device.disconnect()
    const first = await device.send('first', { model: 'fake/echo?pause' })
    const second = await device.send('second', { thread: first.thread, parent: first.reply })
    const other = await device.send('elsewhere')
    await device.reconnect()
    expect(await device.ended(other)).toMatchObject({ status: 'final', text: 'elsewhere' })
    expect(fake.calls({ text: 'second' })).toEqual([])
    fake.release()
    expect(await device.ended(second)).toMatchObject({ status: 'final', text: 'second' })
    const asked = fake.calls({ text: 'second' })
    expect(asked).toHaveLength(1)
    expect(asked[0]?.body.messages.map((message: { role: string }) => message.role)).toEqual(['user', 'assistant', 'user'])
  })

  it('[RN33] whose answer was lost on the way is asked for again and runs once', async () => {
    await device.saveKey()
    let lost = 0
    device.network.fault = async (path, send) => {
      const answer = await send()
      if (path !== '/run_thread' || lost > 0) return answer
      lost++
      throw new TypeError('the connection broke')
    }
    const sent = await device.send('only once')
    expect(await device.ended(sent)).toMatchObject({ status: 'final', text: 'only once' })
    await until(() => device.driver().all('select * from pending_run').length === 0)
    expect(lost).toBe(1)
    expect(fake.calls()).toHaveLength(1)
  })

  it('[RN34] that the server refuses for good ends as an error on the reply; the next one goes', async () => {
    await device.saveKey()
    const refused = await device.send('goes on where nothing was', { continueFrom: 'nothing-here-0001' })
    const next = await device.send('goes')
    expect(await device.ended(refused)).toMatchObject({ status: 'error', error: { code: 'not_found' } })
    expect(await device.ended(next)).toMatchObject({ status: 'final' })
    expect(device.heard('send-blocked')).toMatchObject([{ reply: refused.reply, error: { code: 'not_found' } }])
    await device.synced()
  })

  it('[RN35] that is cancelled after it may have arrived is stopped at the server', async () => {
    await device.saveKey()
    device.network.fault = async (path, send) => {
      const answer = await send()
      if (path === '/run_thread') {
        device.network.up = false
        throw new TypeError('the connection broke')
      }
      return answer
    }
    const sent = await device.send('take me back though I am out', { model: 'fake/echo?pauseAt=2' })
    await fake.reached({ chunks: 2 })
    await device.call('cancel-send', { ...device.stamp(), reply: sent.reply })
    device.network.fault = null
    await device.reconnect()
    await fake.reached({ cancelled: true })
  })

  it('[RN36] a stop that was pressed offline reaches the run when the network is back', async () => {
    await device.saveKey()
    const sent = await device.send('one two three four five six', { model: 'fake/echo?pauseAt=3' })
    await until(() => device.streamed(sent.run).text.startsWith('one two'))
    device.disconnect()
    await device.call('stop-run', { run: sent.run })
    await device.restart()
    await device.reconnect()
    await fake.reached({ cancelled: true })
    expect(await device.ended(sent)).toMatchObject({ status: 'stopped', text: expect.stringMatching(/^one two/) as string })
  })

  it('[RN37] a send that has not gone is stopped where it is, and calls nothing', async () => {
    await device.saveKey()
    device.disconnect()
    const sent = await device.send('never mind')
    await device.call('stop-run', { run: sent.run })
    expect(await device.ended(sent)).toMatchObject({ status: 'stopped' })
    await device.reconnect()
    await device.synced()
    expect(fake.calls()).toEqual([])
  })

  it('[RN38] a new leader takes up a reply in the middle, with all that had come', async () => {
    await device.saveKey()
    const sent = await device.send('one two three four five six', { model: 'fake/echo?pauseAt=3' })
    await until(() => device.streamed(sent.run).text.startsWith('one two'))
    await device.restart()
    const caughtUp = async () => (await device.call('watch-run', { run: sent.run })).parts
    while ((await caughtUp()).length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    fake.release()
    expect(await device.ended(sent)).toMatchObject({ status: 'final', text: 'one two three four five six' })
    expect(fake.calls()).toHaveLength(1)
  })

  it('[RN39] queued on one device is shown on another by its name, and can be sent from there, once', async () => {
    const other = await pairAnother('Phone')
    const sent = await other.send('from the phone')
    const list = await device.see('messages', { thread: sent.thread }, ({ pending }) => pending[0]?.device === 'Phone')
    expect(list.pending).toMatchObject([{ reply: sent.reply, run: sent.run, here: false, needsKey: false }])
    await device.saveKey()
    await device.call('send-from-here', { ...device.stamp(), reply: sent.reply })
    expect(await device.ended(sent)).toMatchObject({ status: 'final', text: 'from the phone' })
    expect(await other.ended(sent)).toMatchObject({ status: 'final', text: 'from the phone' })
    await other.saveKey()
    await until(() => other.driver().all('select * from pending_run').length === 0)
    expect(fake.calls()).toHaveLength(1)
  })

  it('[RN39] sent from there at the same moment as its own device sends it, calls once', async () => {
    const other = await pairAnother('Phone')
    const sent = await other.send('both at once')
    await device.see('messages', { thread: sent.thread }, ({ pending }) => pending[0]?.device === 'Phone')
    let open = () => {}
    const bothAsked = new Promise<void>((resolve) => { open = resolve })
    let asked = 0
    const hold = async (path: string, send: () => Promise<Response>) => {
      if (path !== '/run_thread') return send()
      if (++asked === 2) open()
      await bothAsked
      return send()
    }
    device.network.fault = hold
    other.network.fault = hold
    await Promise.all([device.saveKey(), other.saveKey()])
    await device.call('send-from-here', { ...device.stamp(), reply: sent.reply })
    for (const each of [device, other]) {
      expect(await each.ended(sent)).toMatchObject({ status: 'final', text: 'both at once' })
      await until(() => each.driver().all('select * from pending_run').length === 0)
    }
    expect(fake.calls()).toHaveLength(1)
  })

  it('[RN42] waiting on another device is taken back from here, and that device sends nothing', async () => {
    const other = await pairAnother('Phone')
    const sent = await other.send('second thoughts')
    await device.see('messages', { thread: sent.thread }, ({ pending }) => pending[0]?.device === 'Phone')
    expect(await device.call('cancel-send', { ...device.stamp(), reply: sent.reply })).toEqual({ text: 'second thoughts' })
    await other.see('messages', { thread: sent.thread }, ({ messages }) => messages.every(({ deleted }) => deleted))
    await other.saveKey()
    await until(() => other.driver().all('select * from pending_run').length === 0)
    await other.synced()
    expect(fake.calls()).toEqual([])
    expect(other.heard('send-blocked').filter(({ error }) => error.code !== 'key_missing')).toEqual([])
  })

  it('[RN42] taken back while its own device has no network, it is not sent when that is back', async () => {
    const other = await pairAnother('Phone')
    const sent = await other.send('second thoughts')
    await device.see('messages', { thread: sent.thread }, ({ pending }) => pending[0]?.device === 'Phone')
    other.disconnect()
    await other.saveKey()
    await device.call('cancel-send', { ...device.stamp(), reply: sent.reply })
    await device.synced()
    await until(() => device.driver().all(`select * from meta where name like 'stop/%'`).length === 0)
    await other.reconnect()
    await until(() => other.driver().all('select * from pending_run').length === 0)
    await other.see('messages', { thread: sent.thread }, ({ messages }) => messages.every(({ deleted }) => deleted))
    expect(fake.calls()).toEqual([])
  })

  it('[RN42] waiting on another device is stopped from here', async () => {
    const other = await pairAnother('Phone')
    const sent = await other.send('never mind')
    await device.see('messages', { thread: sent.thread }, ({ pending }) => pending[0]?.device === 'Phone')
    await device.call('stop-run', { run: sent.run })
    for (const each of [device, other]) expect(await each.ended(sent)).toMatchObject({ status: 'stopped', text: '' })
    await other.saveKey()
    await until(() => other.driver().all('select * from pending_run').length === 0)
    expect(fake.calls()).toEqual([])
  })

  it('[RN40] a reply that streams is followed by every device of the space', async () => {
    const other = await pairAnother('Phone')
    await device.saveKey()
    const sent = await device.send('one two three four five six', { model: 'fake/echo?pauseAt=3' })
    await until(() => other.streamed(sent.run).text.startsWith('one two'))
    fake.release()
    expect((await other.ended(sent)).text).toBe('one two three four five six')
    await until(() => other.heard('run-ended').length === 1)
  })
})

describe('the token', () => {
  it('[AU75] the first device claims by itself, a second one stays local until it is paired, and keeps what it wrote', async () => {
    const other = await createDevice(server.url, { name: 'Phone' })
    others.push(other)
    await other.see('sync', {}, ({ claimNeeded, state }) => !claimNeeded && state === 'local-only')
    const sent = await other.send('written before pairing')
    const { body } = await device.call('server-request', { method: 'POST', path: '/auth/spsk/pair', body: {} })
    await other.call('pair', { deviceName: 'Phone', pairingCode: (body as { code: string }).code })
    await device.see('messages', { thread: sent.thread }, ({ messages }) => messages.length === 2)
    expect(await other.tryCall('pair', { deviceName: 'Phone', pairingCode: 'WRNGCODE' })).toMatchObject({ ok: false, error: { code: 'unauthorized' } })
  })

  it('[AU77] the claim code is asked for where nobody owns the server yet, and only there', async () => {
    const taken = await createDevice(server.url, { name: 'Stranger' })
    others.push(taken)
    await taken.see('sync', {}, ({ state }) => state === 'local-only')
    const unclaimed = await startServer({ publicUrl: 'https://chat.example.com', claimCode: 'CLAIMME2' })
    try {
      const owner = await createDevice(unclaimed.url, { name: 'Owner' })
      others.push(owner)
      await owner.see('sync', {}, ({ claimNeeded }) => claimNeeded)
      await owner.call('pair', { deviceName: 'Owner', claimCode: 'CLAIMME2' })
      await owner.see('sync', {}, ({ state, claimNeeded }) => state === 'synced' && !claimNeeded)
      expect((await taken.see('sync', {}, () => true)).claimNeeded).toBe(false)
    } finally {
      await others.pop()!.close()
      await unclaimed.close()
    }
  })

  it('[AU76] signing out forgets the token and keeps the rows; with wipe a new device begins with nothing', async () => {
    const sent = await device.send('mine')
    await device.synced()
    const before = await device.see('sync', {}, () => true)
    await device.call('sign-out', { wipe: false })
    await device.see('sync', {}, ({ state, tokenId }) => state === 'local-only' && tokenId === null)
    await device.see('messages', { thread: sent.thread }, ({ messages }) => messages.length === 2)
    await device.restart()
    await device.see('sync', {}, ({ state, deviceId }) => state === 'local-only' && deviceId === before.deviceId)
    await device.saveKey()
    const restarted = device.restarted()
    await device.call('sign-out', { wipe: true })
    await restarted
    const after = await device.see('sync', {}, () => true)
    expect([after.deviceId === before.deviceId, after.spaceId]).toEqual([false, null])
    expect(device.driver().all('select id from thread')).toEqual([])
    expect(await device.see('thread-window', { list: 'open', today: 0, offset: 0, limit: 10 }, () => true)).toMatchObject({ total: 0, rows: [] })
  })

  it('[AU74] a device that was revoked says so and keeps its rows', async () => {
    const other = await pairAnother('Phone')
    const sent = await other.send('still here')
    await other.synced()
    const { tokenId } = await other.see('sync', {}, () => true)
    await device.call('server-request', { method: 'DELETE', path: `/auth/spsk/${tokenId}` })
    await other.see('sync', {}, ({ state, error }) => state === 'signed-out' && error?.code === 'token_revoked')
    await other.see('messages', { thread: sent.thread }, ({ messages }) => messages.length === 2)
  })
})
