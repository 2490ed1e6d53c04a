import { existsSync } from 'node:fs'
import type { Page } from '@playwright/test'
import type { Router } from 'vue-router'
import { formerOutput } from '../../scripts/former-build.mjs'
import { freePort } from './support/app'
import { Deploys } from './support/deploys'
import { serveFormerKind } from './support/former-kind'
import { chooseModel, composer, expect, replies, saveKey, send, syncStatus, test as base } from './support/test'

const test = base.extend<{
  /** Stands before a server of its own. */
  deploys: Deploys
}>({
  deploys: async ({ startApp }, use) => {
    const deploys = await Deploys.before((await startApp()).port)
    await use(deploys)
    await deploys.close()
  },
})

const buildOf = (page: Page): Promise<string> => page.evaluate(() => (window as unknown as { __NUXT__: { config: { app: { buildId: string } } } }).__NUXT__.config.app.buildId)
/** A service worker fetches all of the app before it serves: with a busy machine that takes its time. */
const patience = { timeout: 60_000 }
test.beforeEach(() => test.setTimeout(240_000))

const button = (page: Page) => page.getByRole('button', { name: 'Reload to update' })
const isServed = (page: Page) => page.evaluate(async () => {
  await navigator.serviceWorker.ready
  return navigator.serviceWorker.controller !== null
})
const caches = (page: Page): Promise<string[]> => page.evaluate(async () => (await window.caches.keys()).sort())
/** What a browser tells a window that comes to the front. */
const focus = (page: Page): Promise<void> => page.evaluate(() => void window.dispatchEvent(new Event('focus')))

/** What a window looks after each time that it comes to the front. */
const cachesAfterFocus = (page: Page) => expect.poll(async () => {
  await focus(page)
  return caches(page)
}, patience)

async function open(page: Page, path = '/'): Promise<void> {
  await page.goto(path)
  await expect(composer(page)).toBeVisible()
  await expect.poll(() => isServed(page), patience).toBe(true)
}
const arrived = (page: Page, build: string) => expect.poll(() => buildOf(page).catch(() => 'on its way'), patience).toBe(build)

test('[UI80] a window of a build that knows of no update arrives at the new one by itself, where it was and with its draft', async ({ startApp, openProfile }) => {
  const port = await freePort()
  const former = await serveFormerKind(port)
  const { page } = await openProfile(`http://localhost:${port}`)
  await page.goto('/')
  await expect.poll(() => isServed(page), patience).toBe(true)
  await page.getByRole('textbox', { name: 'Message' }).fill('typed in the former build')
  await page.getByRole('button', { name: 'Settings' }).click()
  former.close()
  former.closeAllConnections()

  await startApp({}, { port })
  // What the browser does by itself once a day, and at each navigation.
  await page.evaluate(async () => void await (await navigator.serviceWorker.ready).update())
  await expect(page.getByRole('heading', { name: 'OpenRouter' })).toBeVisible(patience)
  await expect(page).toHaveURL(/\/settings$/)
  await page.getByRole('button', { name: 'New chat' }).first().click(patience)
  await expect(composer(page)).toHaveValue('typed in the former build')
  await cachesAfterFocus(page).toEqual([expect.stringMatching(/^holdfast-build-/)])
})

test('[UI81] two windows hear of a deploy when they come to the front, and one click takes both there, with drafts, an edit and a running reply', async ({ deploys, openProfile, provider }) => {
  const profile = await openProfile(deploys.url)
  const { page } = profile
  await open(page)
  await saveKey(page)
  await chooseModel(page, 'fake/echo?pauseAt=2')
  await send(page, 'one two three four')
  await expect(replies(page)).toContainText('one')
  await composer(page).fill('a draft under the reply')
  await page.getByRole('article', { name: 'You' }).hover()
  await page.getByRole('article', { name: 'You' }).getByRole('button', { name: 'Edit', exact: true }).click()
  await page.getByRole('textbox', { name: 'Edit message' }).fill('one two three four five')
  const second = await profile.newTab('/')
  await composer(second).fill('a draft of a new chat')
  await expect(button(page)).toHaveCount(0)

  deploys.next()
  await focus(second)
  await expect(button(second)).toBeVisible(patience)
  await expect(button(page)).toBeVisible(patience)
  expect(await buildOf(page)).toBe('deploy-0')
  await button(second).click()
  await arrived(second, 'deploy-1')
  await arrived(page, 'deploy-1')
  await expect(composer(second)).toHaveValue('a draft of a new chat')
  await expect(page.getByRole('textbox', { name: 'Message', exact: true })).toHaveValue('a draft under the reply')
  await expect(page.getByRole('textbox', { name: 'Edit message' })).toHaveValue('one two three four five')
  provider.release()
  await expect(replies(page)).toContainText('one two three four')
  await expect(replies(page)).not.toHaveAttribute('aria-busy', 'true')
  await expect(button(page)).toHaveCount(0)
  expect(provider.calls()).toHaveLength(1)
})

test('[UI82] a window that nobody touches says within a minute that there is a newer build', async ({ deploys, openProfile }) => {
  const { page } = await openProfile(deploys.url)
  await page.clock.install()
  await open(page)
  deploys.next()
  await page.clock.runFor(60_000)
  await expect(button(page)).toBeVisible(patience)
})

test('[UI83] a window of the old build gets parts that the server has no more, until it is gone', async ({ deploys, openProfile }) => {
  const profile = await openProfile(deploys.url)
  const { page } = profile
  await open(page)
  const second = await profile.newTab('/')
  await expect(composer(second)).toBeVisible()
  deploys.next()
  await focus(page)
  await expect(button(page)).toBeVisible(patience)
  // As where another window did not answer: the new build takes over, and this one is left alone.
  await page.evaluate(async () => (await navigator.serviceWorker.ready).waiting?.postMessage({ type: 'SKIP_WAITING' }))
  await expect.poll(() => page.evaluate(async () => (await navigator.serviceWorker.ready).waiting)).toBeNull()
  expect(await buildOf(page)).toBe('deploy-0')
  await page.getByRole('link', { name: 'Settings' }).click()
  await expect(page.getByRole('heading', { name: 'OpenRouter' })).toBeVisible()
  await expect(button(page)).toBeVisible(patience)
  await second.reload()
  await arrived(second, 'deploy-1')
  await focus(second)
  expect(await caches(second)).toEqual(['holdfast-build-deploy-0', 'holdfast-build-deploy-1'])
  await page.close()
  await cachesAfterFocus(second).toEqual(['holdfast-build-deploy-1'])
})

test('[UI84] of a build that waited and was overtaken by the next, nothing is kept', async ({ deploys, openProfile }) => {
  const { page } = await openProfile(deploys.url)
  await open(page)
  deploys.next()
  await focus(page)
  await expect(button(page)).toBeVisible(patience)
  deploys.next()
  await cachesAfterFocus(page).toEqual(['holdfast-build-deploy-0', 'holdfast-build-deploy-2'])
  await button(page).click()
  await arrived(page, 'deploy-2')
  await cachesAfterFocus(page).toEqual(['holdfast-build-deploy-2'])
})

test('[UI85] an update that breaks off, or is looked for offline, disturbs nothing, and comes with the next check', async ({ deploys, openProfile }) => {
  const { page } = await openProfile(deploys.url)
  await open(page)
  await composer(page).fill('typed meanwhile')
  deploys.next()
  deploys.down = true
  await focus(page)
  await page.reload()
  await expect(composer(page)).toHaveValue('typed meanwhile')
  expect(await buildOf(page)).toBe('deploy-0')
  await expect(button(page)).toHaveCount(0)
  deploys.down = false
  await expect(syncStatus(page)).toContainText(/Synced|Local only/)
  await expect(button(page)).toBeVisible(patience)
  deploys.down = true
  // It has been fetched whole before it is offered.
  await button(page).click()
  await arrived(page, 'deploy-1')
  await expect(composer(page)).toHaveValue('typed meanwhile')
})

test('[UI86] a part that is gone everywhere leaves the page as it is and offers the reload', async ({ deploys, openProfile }) => {
  const { page } = await openProfile(deploys.url)
  await open(page)
  await page.evaluate(async () => {
    for (const name of await window.caches.keys()) await window.caches.delete(name)
  })
  await (await page.context().newCDPSession(page)).send('Network.clearBrowserCache')
  deploys.next()
  // No link leads there that would have fetched it before.
  await page.evaluate(() => void (window as unknown as { useNuxtApp(): { $router: Router } }).useNuxtApp().$router.push('/pair'))
  await expect(button(page)).toBeVisible(patience)
  await expect(composer(page)).toBeVisible()
  await expect(page.getByText('Something went wrong')).toHaveCount(0)
  await button(page).click()
  await arrived(page, 'deploy-1')
})

test('[UI87] a first visit is served by its own build at once and told of no update', async ({ deploys, openProfile }) => {
  const { page } = await openProfile(deploys.url)
  await open(page)
  await focus(page)
  await expect(button(page)).toHaveCount(0)
  expect(await caches(page)).toEqual(['holdfast-build-deploy-0'])
})

test('[UI88] windows of the build before this kind arrive at this one where they were, with their draft and their threads', async ({ startApp, openProfile }) => {
  test.skip(!existsSync(formerOutput), 'the former build was not made')
  const app = await startApp({}, { output: formerOutput })
  const profile = await openProfile(app.url)
  const { page } = profile
  await open(page)
  const former = await buildOf(page)
  await saveKey(page)
  await chooseModel(page, 'fake/echo')
  await send(page, 'asked in the former build')
  await expect(replies(page)).toContainText('asked in the former build')
  await expect(page).toHaveURL(/\/t\//)
  const thread = page.url()
  await composer(page).fill('typed in the former build')
  const second = await profile.newTab('/settings')
  await expect(second.getByRole('heading', { name: 'OpenRouter' })).toBeVisible()
  // As one comes there by its links.
  await second.getByRole('button', { name: 'New chat' }).first().click()
  await expect(composer(second)).toBeVisible()
  await composer(second).fill('typed in a new chat')

  await app.deploy()
  await page.evaluate(async () => void await (await navigator.serviceWorker.ready).update())
  await expect.poll(() => buildOf(page).catch(() => former), patience).not.toBe(former)
  await expect.poll(() => buildOf(second).catch(() => former), patience).not.toBe(former)
  await expect(page).toHaveURL(thread)
  await expect(composer(page)).toHaveValue('typed in the former build')
  await expect(replies(page)).toContainText('asked in the former build')
  await expect(composer(second)).toHaveValue('typed in a new chat')
  await cachesAfterFocus(page).toEqual([expect.stringMatching(/^holdfast-build-/)])
})

test('[UI89] a build that was made before the one it replaces is fetched all the same', async ({ startApp }) => {
  const app = await startApp()
  for (const path of ['/', '/service-worker.js']) {
    const later = await fetch(app.url + path, { headers: { 'if-none-match': '"of another build"', 'if-modified-since': new Date(Date.now() + 1e9).toUTCString() } })
    expect([later.status, later.headers.get('cache-control')]).toEqual([200, 'no-cache'])
    const same = await fetch(app.url + path, { headers: { 'if-none-match': later.headers.get('etag') ?? '' } })
    expect(same.status).toBe(304)
  }
})
