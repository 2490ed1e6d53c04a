import { afterAll, beforeAll, expect, test } from 'vitest'
import { formatClock } from '~/shared/sync/clock'
import { Target } from './attack'

let target: Target
let token = ''
let deviceId = ''
beforeAll(async () => {
  target = await Target.start()
  const answer = await fetch(`${target.url}/auth/spsk/mint`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"deviceName":"a device"}' })
  ;({ token, deviceId } = await answer.json() as { token: string, deviceId: string })
})
afterAll(() => target.remove())

const ask = (path: string, init: RequestInit = {}) =>
  fetch(target.url + path, { ...init, headers: { 'authorization': `Bearer ${token}`, ...(init.body ? { 'content-type': 'application/json' } : {}) } })

test('[SY116] values of any depth are answered 200, and image, rows and pages of the space stay readable', async () => {
  const depths = [64, 65, 1_000, 2_000, 100_000]
  for (const [index, depth] of depths.entries()) {
    const n = index + 1
    const change = { n, t: 'setting', k: `deep-${n}`, h: formatClock(Date.now(), n, `${deviceId}.tagx`), c: { value: 'HERE' } }
    const body = JSON.stringify({ changes: [change] }).replace('"HERE"', '['.repeat(depth) + ']'.repeat(depth))
    const answer = await ask('/push', { method: 'POST', body })
    expect(answer.status, String(depth)).toBe(200)
    expect(await answer.json()).toMatchObject({ upto: n })
  }
  for (const path of ['/snapshot/0', '/snapshot/0?format=rows', '/pull?cursor=0', '/fingerprint']) {
    const answer = await ask(path)
    expect(answer.status, path).toBe(200)
    expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(0)
  }
  expect(await (await ask('/pull?cursor=0')).json()).toMatchObject({ head: 1, changes: [{ k: 'deep-1' }] })
})
