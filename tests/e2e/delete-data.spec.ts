import type { Page } from '@playwright/test'
import { localData } from '~/shared/domain/local-data'
import { holds } from '../runs/spellings'
import { chooseModel, composer, expect, replies, saveKey, send, syncStatus, test } from './support/test'

const mark = 'c4n4ry7Qw9ZxK2m'

/** All that scripts of the origin can read, by the store and name it stands under, in letters of a byte each or as JSON. */
const readBrowser = (page: Page): Promise<Record<string, string>> => page.evaluate(async () => {
  const found: Record<string, string> = {}
  const toText = (bytes: ArrayBuffer): string => new TextDecoder('latin1').decode(bytes)
  const toJson = (value: unknown): string => JSON.stringify(value, (_, member: unknown) => {
    if (member instanceof ArrayBuffer) return toText(member)
    return ArrayBuffer.isView(member) ? toText(new Uint8Array(member.buffer as ArrayBuffer).slice().buffer) : member
  })
  const done = <T>(request: IDBRequest<T>) => new Promise<T>((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('no answer'))
  })
  for (const [key, text] of Object.entries(localStorage)) found[`localStorage ${key}`] = String(text)
  for (const [key, text] of Object.entries(sessionStorage)) found[`sessionStorage ${key}`] = String(text)
  for (const { name } of await indexedDB.databases()) {
    const database = await done(indexedDB.open(name ?? ''))
    for (const store of database.objectStoreNames) found[`indexedDB ${name} ${store}`] = toJson(await done(database.transaction(store).objectStore(store).getAll()))
    database.close()
  }
  async function readFolder(folder: FileSystemDirectoryHandle, path: string): Promise<void> {
    for await (const entry of folder.values()) {
      if (entry.kind === 'directory') await readFolder(entry as FileSystemDirectoryHandle, `${path} ${entry.name}`)
      else found[`${path} ${entry.name}`] = toText(await (await (entry as FileSystemFileHandle).getFile()).arrayBuffer())
    }
  }
  await readFolder(await navigator.storage.getDirectory(), 'files')
  for (const name of await caches.keys()) {
    const cache = await caches.open(name)
    for (const request of await cache.keys()) found[`caches ${name} ${request.url}`] = toText(await (await cache.match(request))!.arrayBuffer())
  }
  found.cookies = document.cookie
  found.history = toJson(history.state)
  return found
})

const placesOf = (found: Record<string, string>): string[] => Object.entries(found)
  .filter(([name, text]) => holds(Buffer.from(`${name} ${text}`, 'latin1'), mark)).map(([name]) => name)

/** The database files that are still to be deleted, as the identity says. */
const isDeleted = async (page: Page): Promise<boolean> => (await readBrowser(page))['indexedDB holdfast identity']?.includes('"doomedFiles":[]') ?? false

test('[ST123] Delete local data leaves nothing of a person in the browser, from any feature and in any tab', async ({ startApp, openProfile, provider }) => {
  const app = await startApp()
  const { page } = await openProfile(app.url)
  await page.goto('/')
  await saveKey(page, `sk-or-v1-${mark}-0000000000000000000000000000`)

  await page.goto('/settings')
  const device = page.getByRole('list', { name: 'Devices' }).getByRole('listitem')
  await device.getByRole('button', { name: 'Rename' }).click()
  await page.getByRole('textbox', { name: 'Device name' }).fill(`${mark} laptop`)
  await page.getByRole('textbox', { name: 'Device name' }).press('Enter')
  await expect(device).toContainText(mark)
  await page.getByText('Dark', { exact: true }).click()
  await page.getByText('Large', { exact: true }).click()

  await page.goto('/')
  await chooseModel(page, `fake/echo?note=${mark}`)
  await page.getByTestId('file-chooser').setInputFiles({ name: `${mark}-sent.txt`, mimeType: 'text/plain', buffer: Buffer.from(`${mark} in a file that was sent`) })
  await expect(page.getByText(`${mark}-sent.txt`)).toBeVisible()
  await send(page, `${mark} was asked`)
  await expect(replies(page).getByRole('button', { name: 'Retry' })).toBeVisible()
  await expect(syncStatus(page)).toContainText('Synced')
  await page.getByRole('button', { name: 'Thread menu' }).click()
  await page.getByRole('menuitem', { name: 'Rename' }).click()
  await page.getByRole('textbox', { name: 'Title' }).fill(`${mark} title`)
  await page.getByRole('textbox', { name: 'Title' }).press('Enter')
  await page.getByRole('searchbox', { name: 'Search threads and messages' }).fill(mark)
  await expect(page.getByRole('link', { name: new RegExp(`${mark} title`) }).first()).toBeVisible()
  await page.getByRole('searchbox', { name: 'Search threads and messages' }).fill('')

  await page.evaluate(async () => { await navigator.serviceWorker.ready })
  await app.stop()
  await expect(syncStatus(page)).toContainText('Offline')
  await send(page, `${mark} waits to be sent`)
  await expect(page.getByRole('status', { name: 'Queued' })).toContainText('1')
  await composer(page).fill(`${mark} is the draft of a thread`)
  await page.getByRole('article', { name: 'You' }).first().hover()
  await page.getByRole('article', { name: 'You' }).first().getByRole('button', { name: 'Edit' }).click()
  await page.getByRole('textbox', { name: 'Edit message' }).fill(`${mark} is being edited`)

  // A second tab, with a draft of its own.
  const other = await page.context().newPage()
  await other.goto('/')
  await composer(other).fill(`${mark} is the draft of a new chat`)
  await other.getByTestId('file-chooser').setInputFiles({ name: `${mark}-draft.txt`, mimeType: 'text/plain', buffer: Buffer.from(`${mark} in a file of a draft`) })
  await expect(other.getByText(`${mark}-draft.txt`)).toBeVisible()

  const planted = placesOf(await readBrowser(other)).join('\n')
  for (const place of ['localStorage holdfast:draft:new', 'localStorage holdfast:attachments:new', 'localStorage holdfast:edit:', 'indexedDB holdfast identity', 'files holdfast ', 'files holdfast-blobs ']) expect(planted).toContain(place)

  const third = await page.context().newPage()
  await third.goto('/settings')
  await third.getByRole('button', { name: 'Delete local data' }).click()
  await third.getByRole('button', { name: 'Delete from this device' }).click()
  for (const tab of [page, other, third]) {
    await expect(tab).toHaveURL(`${app.url}/`)
    await expect(composer(tab)).toHaveValue('')
    await expect(tab.getByText(mark)).toHaveCount(0)
  }
  await expect.poll(() => isDeleted(third)).toBe(true)
  for (const tab of [page, other, third]) expect(placesOf(await readBrowser(tab))).toEqual([])

  // What is there now is on the list.
  const left = Object.keys(await readBrowser(third))
  const listed: readonly (readonly [string, readonly string[]])[] = Object.entries(localData)
  const isKnown = (name: string) => ['cookies', 'history'].includes(name) || listed.some(([store, names]) =>
    names.some((start) => name.startsWith(`${store} ${start.replace('*', '')}`)))
  expect(left.filter((name) => !isKnown(name))).toEqual([])
  expect(provider.calls().length).toBeGreaterThan(0)

  // Nor does it come back once the server is there again.
  await app.start()
  await third.reload()
  await expect(syncStatus(third)).toContainText('Local only')
  for (const tab of [page, other, third]) expect(placesOf(await readBrowser(tab))).toEqual([])
})
