import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import { change } from '../server/changes'
import type { App } from './support/app'
import { createPairingCode, pair } from './support/pairing'
import { composer, expect, replies, send, startChat, syncStatus, test } from './support/test'

/** Another device of the same person writes until the server takes no more. */
async function fill(app: App): Promise<void> {
  const pair = JSON.parse(await readFile(join(app.folder, 'pair.json'), 'utf8')) as { port: number, secret: string }
  const { code } = await (await fetch(`http://127.0.0.1:${pair.port}/`, { method: 'POST', headers: { authorization: `Bearer ${pair.secret}` } })).json() as { code: string }
  const post = (path: string, body: object, token?: string) => fetch(app.url + path, {
    method: 'POST', headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) }, body: JSON.stringify(body),
  })
  const { token, deviceId } = await (await post('/auth/spsk/mint', { deviceName: 'tablet', pairingCode: code })).json() as { token: string, deviceId: string }
  let status = 200
  for (let n = 1; status === 200; n++) status = (await post('/push', { changes: [change(deviceId, n, 'setting', `filler-${n}`, { value: 'word '.repeat(16_000) })] }, token)).status
  expect(status).toBe(507)
}

test('[UI100] a full server is said, what is written waits, and nothing is lost', async ({ startApp, openProfile }) => {
  const app = await startApp({ NUXT_SPACE_MAX_BYTES: '1048576' })
  const { page } = await openProfile(app.url)
  await startChat(page)
  await send(page, 'there is room')
  await expect(replies(page).getByRole('button', { name: 'Retry' })).toBeVisible()
  await fill(app)
  await send(page, 'this one waits')
  await expect(page.getByText(/The server has no room left\. Nothing is lost/)).toBeVisible()
  await expect(composer(page)).toHaveValue('')
  await page.reload()
  await expect(page.getByText(/The server has no room left\. Nothing is lost/)).toBeVisible()
  await expect(page.getByText('this one waits').first()).toBeVisible()
})

test('[UI101] a damaged server is said, and the device stays whole', async ({ startApp, openProfile }) => {
  const app = await startApp()
  const { page } = await openProfile(app.url)
  await startChat(page)
  await send(page, 'before the damage')
  await expect(replies(page).getByRole('button', { name: 'Retry' })).toBeVisible()
  await app.stop()
  const file = await open(join(app.folder, 'holdfast.sqlite'), 'r+')
  const { size } = await file.stat()
  const head = Buffer.alloc(4_096)
  await file.read(head, 0, head.length, 0)
  // All but the page that names the tables, as if the disk had lost it while the server ran.
  await app.start()
  await file.write(Buffer.alloc(size - head.length, 0xff), 0, size - head.length, head.length)
  await file.close()
  await send(page, 'after the damage')
  await expect(page.getByText(/The server’s database is damaged\. Nothing is lost/)).toBeVisible()
  await expect(page.getByText('before the damage').first()).toBeVisible()
  await expect(page.getByText('after the damage').first()).toBeVisible()
})

test('[UI102] a thread whose messages are all kept aside says so, and leads to where they are', async ({ startApp, openProfile }) => {
  const app = await startApp()
  const { page } = await openProfile(app.url)
  await startChat(page)
  await send(page, 'spoilt on the server')
  await expect(replies(page).getByRole('button', { name: 'Retry' })).toBeVisible()
  await expect(syncStatus(page)).toContainText('Synced')
  const code = await createPairingCode(page)
  await app.stop()
  const file = new BetterSqlite3(join(app.folder, 'holdfast.sqlite'))
  for (const where of [`entity set columns = '{"parts":' where "table"`, `change set columns = '{"parts":' where "table"`]) file.exec(`update ${where} = 'message'`)
  file.close()
  await app.start()
  const { page: other } = await openProfile(app.url)
  await pair(other, code)
  await other.getByRole('link', { name: 'spoilt on the server' }).click()
  await expect(other.getByRole('log', { name: 'Conversation' })).toContainText('What could not be read is kept aside')
  await other.getByRole('link', { name: 'Look at the data' }).click()
  await expect(other.getByRole('region', { name: '2 items could not be read and are kept aside' })).toBeVisible()
})
