import { stat } from 'node:fs/promises'
import { deflateSync } from 'node:zlib'
import type { Page } from '@playwright/test'
import { createPairingCode, pair } from './support/pairing'
import { chooseModel, composer, expect, replies, saveKey, send, startChat, syncStatus, test } from './support/test'

const mine = (page: Page) => page.getByRole('log', { name: 'Conversation' }).getByRole('article', { name: 'You' })
const chips = (page: Page) => page.getByRole('list', { name: 'Attachments' }).getByRole('listitem')

/** A real picture of one colour. */
function picture(width: number, height: number, grey = 200): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data])
    const ends = Buffer.alloc(8)
    ends.writeUInt32BE(data.byteLength, 0)
    ends.writeUInt32BE(crc(body), 4)
    return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 0, 0, 0, 0], 8)
  const rows = Buffer.alloc((width + 1) * height, grey)
  for (let row = 0; row < height; row++) rows[row * (width + 1)] = 0
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))])
}
function crc(bytes: Buffer): number {
  let value = 0xffffffff
  for (const byte of bytes) {
    value ^= byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  }
  return (value ^ 0xffffffff) >>> 0
}

const attach = (page: Page, ...files: { name: string, mimeType: string, buffer: Buffer }[]) => page.getByTestId('file-chooser').setInputFiles(files)
const photo = (grey?: number) => ({ name: 'photo.png', mimeType: 'image/png', buffer: picture(64, 48, grey) })

async function expectPicture(page: Page, name = 'photo.png'): Promise<void> {
  const image = mine(page).last().getByRole('img', { name })
  await expect(image).toBeVisible()
  await expect.poll(() => image.evaluate((element: HTMLImageElement) => element.complete && element.naturalWidth)).toBeGreaterThan(0)
}
const pixels = (page: Page, name: string) => page.getByRole('img', { name }).last().evaluate((element: HTMLImageElement) => [element.naturalWidth, element.naturalHeight])

test('[BL30] a picture is attached, survives a reload, goes to the model, and is seen on another device', async ({ startApp, openProfile, provider }) => {
  const app = await startApp()
  const first = await openProfile(app.url)
  const { page } = first
  await startChat(page)
  await expect(page.getByRole('button', { name: 'Attach files' })).toBeVisible()
  await attach(page, photo(), { name: 'notes.ts', mimeType: 'video/mp2t', buffer: Buffer.from('export const answer = 42') })
  await expect(chips(page)).toHaveCount(2)
  await expect(chips(page).first()).toContainText('photo.png')
  await page.reload()
  await expect(chips(page)).toHaveCount(2)
  await send(page, 'what is this')
  await expect(chips(page)).toHaveCount(0)
  await expectPicture(page)
  await expect(replies(page)).toContainText('what is this')
  const content = provider.calls({ text: 'what is this' })[0]?.body.messages.at(-1).content as { type: string, text?: string, image_url?: { url: string } }[]
  expect(content.map(({ type }) => type)).toEqual(['text', 'image_url', 'text'])
  expect(content[1]?.image_url?.url).toBe(`data:image/png;base64,${photo().buffer.toString('base64')}`)
  expect(content[2]?.text).toContain('export const answer = 42')

  await page.goto('/settings')
  await page.getByRole('button', { name: 'Add a device' }).click()
  const code = (await page.getByTestId('pairing-code').textContent() ?? '').replace(/[^A-Z0-9]/g, '')
  const second = await openProfile(app.url)
  await second.page.goto('/pair')
  await second.page.getByRole('textbox', { name: 'Pairing code' }).fill(code)
  await second.page.getByRole('button', { name: 'Pair this device' }).click()
  await expect(syncStatus(second.page)).toContainText('Synced')
  await second.page.getByRole('navigation', { name: 'Threads' }).getByRole('link', { name: /what is this/ }).click()
  await expectPicture(second.page)
  const download = second.page.waitForEvent('download')
  await second.page.getByRole('button', { name: 'Download notes.ts' }).click()
  expect((await download).suggestedFilename()).toBe('notes.ts')
})

test('[BL35] the files of a draft follow it to another device, and leave it when they are taken off or sent elsewhere', async ({ startApp, openProfile, provider }) => {
  const app = await startApp()
  const [first, second] = [await openProfile(app.url), await openProfile(app.url)]
  await startChat(first.page)
  await send(first.page, 'hello')
  await expect(replies(first.page)).toContainText('hello')
  const thread = first.page.url()
  await pair(second.page, await createPairingCode(await first.newTab('/settings')))
  await saveKey(second.page)
  await second.page.goto(thread)
  await attach(first.page, photo(), { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('the notes') })
  await expect(chips(second.page)).toHaveCount(2)
  await second.page.getByRole('button', { name: 'Remove photo.png' }).click()
  await expect(chips(first.page)).toHaveCount(1)
  await first.page.reload()
  await expect(chips(first.page)).toHaveCount(1)
  await send(second.page, 'sent from the second')
  await expect(replies(second.page).last()).toContainText('sent from the second')
  for (const { page } of [first, second]) await expect(chips(page)).toHaveCount(0)
  expect(JSON.stringify(provider.calls({ text: 'sent from the second' })[0]?.body)).toContain('the notes')
  await first.page.reload()
  await expect(mine(first.page).last()).toContainText('notes.txt')
  await expect(chips(first.page)).toHaveCount(0)
})

test('[BL31] a message with a picture that is sent offline goes once, with the picture, when the server is back', async ({ startApp, openProfile, provider }) => {
  const app = await startApp()
  const { page } = await openProfile(app.url)
  await startChat(page)
  await send(page, 'hello')
  await expect(replies(page)).not.toHaveAttribute('aria-busy', 'true')
  await page.evaluate(async () => { await navigator.serviceWorker.ready })
  await app.stop()
  await attach(page, photo(90))
  await expect(chips(page)).toContainText('waits for the server')
  await send(page, 'from the cellar')
  await expectPicture(page)
  await page.reload()
  await expect(page.getByRole('status', { name: 'Queued' })).toContainText('1')
  await expectPicture(page)
  await app.start()
  await expect(replies(page).last()).toContainText('from the cellar')
  const calls = provider.calls({ text: 'cellar' })
  expect(calls).toHaveLength(1)
  expect(JSON.stringify(calls[0]?.body)).toContain(photo(90).buffer.toString('base64'))
})

test('[BL32] pasted and dropped files are attached; a large picture can be shrunk; a file taken off is gone', async ({ startApp, openProfile }) => {
  const app = await startApp()
  const { page } = await openProfile(app.url)
  await startChat(page)
  const give = (kind: 'paste' | 'drop', name: string, bytes: number[]) => composer(page).evaluate((field, [event, file, data]) => {
    const transfer = new DataTransfer()
    transfer.items.add(new File([new Uint8Array(data)], file, { type: 'image/png' }))
    field.dispatchEvent(event === 'paste'
      ? new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true, cancelable: true })
      : new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }))
  }, [kind, name, bytes] as const)
  await give('paste', 'pasted.png', [...picture(10, 10, 1)])
  await give('drop', 'dropped.png', [...picture(3_000, 1_500, 2)])
  await expect(chips(page)).toHaveCount(2)
  await page.getByRole('button', { name: 'Remove pasted.png' }).click()
  await expect(chips(page)).toHaveCount(1)
  await page.getByRole('button', { name: 'Shrink dropped.png' }).click()
  await expect(page.getByRole('button', { name: 'Shrink dropped.png' })).toBeHidden()
  // Without a word beside it.
  await page.getByRole('button', { name: 'Send' }).click()
  await expectPicture(page, 'dropped.png')
  expect(await pixels(page, 'dropped.png')).toEqual([2_048, 1_024])
  await expect(page.getByRole('navigation', { name: 'Threads' }).getByRole('link', { name: /dropped\.png/ })).toBeVisible()
})

test('[BL33] what the model or the server cannot take is said before sending', async ({ startApp, openProfile }) => {
  const app = await startApp({ NUXT_BLOB_MAX_BYTES: '100000' })
  const { page } = await openProfile(app.url)
  await startChat(page, 'fake/image')
  await attach(page, photo(50))
  await expect(page.getByText(/can’t see images \(photo\.png\)/)).toBeVisible()
  await chooseModel(page, 'fake/echo')
  await expect(page.getByText(/can’t see images/)).toBeHidden()
  await attach(page, { name: 'huge.bin', mimeType: '', buffer: Buffer.alloc(100_001, 7) })
  await expect(chips(page).last().getByRole('alert')).toContainText('too large')
  await composer(page).fill('stays here')
  await expect(page.getByRole('button', { name: 'Send' })).toHaveAttribute('aria-disabled', 'true')
  await composer(page).press('Enter')
  await expect(composer(page)).toHaveValue('stays here')
  await page.getByRole('button', { name: 'Remove huge.bin' }).click()
  await composer(page).press('Enter')
  await expect(replies(page)).toContainText('stays here')
})

for (const [size, bytes] of [['small', 70], ['of 20 MB in one frame', 20 * 1024 * 1024]] as const) {
  test(`[BL34] a picture in a reply is shown, opens large, and is saved as it came: ${size}`, async ({ startApp, openProfile }) => {
    const app = await startApp()
    const { page } = await openProfile(app.url)
    await startChat(page, `fake/image?bytes=${bytes}`)
    await send(page, 'paint')
    const image = replies(page).getByRole('img').first()
    await expect(image).toBeVisible()
    await expect.poll(() => image.evaluate((element: HTMLImageElement) => element.complete && element.naturalWidth)).toBeGreaterThan(0)
    await replies(page).getByRole('button', { name: /^Open / }).click()
    const download = page.waitForEvent('download')
    await page.getByRole('dialog').getByRole('link', { name: 'Download' }).click()
    expect((await stat(await (await download).path())).size).toBe(bytes)
  })
}

test('[UI104] what is sent while its file is still being read goes out when it has been', async ({ startApp, openProfile }) => {
  const app = await startApp()
  const { page } = await openProfile(app.url)
  await startChat(page)
  await composer(page).fill('with a large file')
  await attach(page, { name: 'large.txt', mimeType: 'text/plain', buffer: Buffer.alloc(8 * 1024 * 1024, 'a line of it\n') })
  await composer(page).press('Enter')
  await expect(mine(page)).toContainText('with a large file')
  await expect(mine(page)).toContainText('large.txt')
  await expect(composer(page)).toHaveValue('')
})
