import type { Page } from '@playwright/test'
import { holds } from '../runs/spellings'
import { readFiles } from './support/files'
import { chooseModel, expect, replies, saveKey, send, test } from './support/test'

const mark = 'sk-or-v1-c4n4ry7Qw9ZxK2mVbT8eYhLpR5sUdJfGa3NoXi6CtEk1WqBv0Hr'

/** Throws where nobody catches, as a bug would, when the test says so. */
const crashOnSignal = `data:text/javascript,${encodeURIComponent(`process.on('SIGUSR2', () => { throw new Error('thrown on purpose') })`)}`

/** What scripts of the page's origin can read: both storages, and every value of IndexedDB, bytes as text. */
const readStorage = (page: Page): Promise<string> => page.evaluate(async () => {
  const toText = (name: string, value: unknown): unknown => {
    if (value instanceof ArrayBuffer) return String.fromCharCode(...new Uint8Array(value))
    return ArrayBuffer.isView(value) ? String.fromCharCode(...new Uint8Array(value.buffer)) : value
  }
  const done = <T>(request: IDBRequest<T>) => new Promise<T>((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('no answer'))
  })
  const out: unknown[] = [{ ...localStorage }, { ...sessionStorage }]
  for (const { name } of await indexedDB.databases()) {
    const database = await done(indexedDB.open(name ?? ''))
    for (const store of database.objectStoreNames) out.push(store, await done(database.transaction(store).objectStore(store).getAll()))
    database.close()
  }
  return JSON.stringify(out, toText)
})

async function namesThatHold(files: AsyncIterable<[name: string, bytes: Buffer]>, text: string): Promise<string[]> {
  const names: string[] = []
  for await (const [name, bytes] of files) if (holds(bytes, text)) names.push(name)
  return names
}

test('[RN161] a key in use is in clear in nothing that browser and server keep or print, also when both crash in the middle of a run', async ({ startApp, openProfile, provider }) => {
  const app = await startApp({ NUXT_LOG_LEVEL: 'trace', NODE_OPTIONS: `--import ${crashOnSignal}` })
  const profile = await openProfile(app.url)
  const { page } = profile
  await page.goto('/')
  await saveKey(page, mark)
  for (const model of ['fake/leak', 'fake/leak?where=picture', 'fake/status-401']) {
    await page.goto('/')
    await chooseModel(page, model)
    await send(page, `asked of ${model}`)
    await expect(replies(page).getByRole('button', { name: 'Copy', exact: true })).toBeVisible()
  }

  await page.goto('/')
  await chooseModel(page, 'fake/echo?pauseAt=2')
  await send(page, 'one two three four')
  await expect(replies(page)).toContainText('one two')
  app.signal('SIGUSR2')
  await expect.poll(() => app.log).toContain('thrown on purpose')
  await app.stop('SIGKILL')
  await app.start()
  await expect(replies(page)).toContainText('Interrupted')
  expect(provider.calls().every(({ headers }) => headers.authorization === `Bearer ${mark}`)).toBe(true)

  const storage = await readStorage(page)
  expect(storage).toContain(mark.slice(-4))
  expect(holds(Buffer.from(storage), mark)).toBe(false)
  await profile.kill()
  for (const state of ['killed', 'quit']) {
    await test.step(`the browser's files once it was ${state}`, async () => {
      if (state === 'quit') {
        await profile.launch()
        await profile.page.goto('/settings')
        await expect(profile.page.getByRole('button', { name: 'Copy masked key' })).toBeVisible()
        await profile.quit()
      }
      expect(await namesThatHold(profile.files(), mark)).toEqual([])
    })
  }
  // Both would be found: what was asked is in the files.
  for (const files of [profile.files(), readFiles(app.folder)]) expect(await namesThatHold(files, 'asked of fake/leak')).not.toEqual([])
  expect(await namesThatHold(readFiles(app.folder), mark)).toEqual([])
  expect(holds(Buffer.from(app.log), mark)).toBe(false)
})
