import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { expect, test } from './support/test'

const answers = (host: string, port: number) => new Promise<boolean>((resolve) => {
  const socket = connect({ host, port, timeout: 2_000 })
  const end = (open: boolean) => { socket.destroy(); resolve(open) }
  socket.once('connect', () => end(true)).once('error', () => end(false)).once('timeout', () => end(false))
})

test('[AU62] without HOST the built server listens on loopback only', async ({ startApp }) => {
  const app = await startApp({ HOST: '' })
  expect(await answers('127.0.0.1', app.port)).toBe(true)
  const others = Object.values(networkInterfaces()).flat().filter((face) => face && !face.internal && face.family === 'IPv4').map((face) => face!.address)
  for (const address of others) expect(await answers(address, app.port), address).toBe(false)
})

test('[AU46] pages, chunks and the worker carry the content security policy', async ({ startApp }) => {
  const app = await startApp()
  for (const path of ['/', '/settings', '/t/00000000000000000000000000', '/service-worker.js', '/share/unknown']) {
    const { headers } = await fetch(app.url + path)
    expect(headers.get('content-security-policy'), path).toContain("default-src 'none'")
  }
})

test('[AU41] another Host or Origin is refused', async ({ startApp }) => {
  const app = await startApp()
  const mint = (headers: Record<string, string>) => fetch(`${app.url}/auth/spsk/mint`, {
    method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ deviceName: 'x' }),
  })
  const refused = await mint({ origin: 'https://evil.example' })
  expect(refused.status).toBe(403)
  expect(await refused.json()).toMatchObject({ ok: false, error: { code: 'origin_forbidden' } })
})

test('[AU57] what no route takes is no page: a wrong method, an unknown address below the routes, or anything that changes', async ({ startApp }) => {
  const app = await startApp()
  const wrong = [['GET', '/push'], ['POST', '/pull'], ['POST', '/sync'], ['PUT', '/push'], ['GET', '/auth/spsk/mint'], ['GET', '/run_thread'], ['DELETE', '/blob/aa'], ['GET', '/api/nothing'], ['POST', '/healthz'], ['POST', '/t/nothing'], ['POST', '/']]
  for (const [method, path] of wrong) {
    const answer = await fetch(app.url + path, { method: method! })
    expect(answer.status, `${method} ${path}`).toBe(404)
    expect(answer.headers.get('content-type')).toContain('application/json')
    expect(await answer.json()).toMatchObject({ ok: false, error: { code: 'not_found', retryable: false } })
  }
  for (const path of ['/', '/settings', '/pair', '/t/nothing', '/auth/openrouter', '/nothing', '/pushing']) {
    const answer = await fetch(app.url + path)
    expect(answer.headers.get('content-type'), path).toContain('text/html')
  }
})
