import { test as base, expect, type Page } from '@playwright/test'
import { startFakeOpenRouter, type FakeOpenRouter } from '../../fakes/openrouter/index.mjs'
import { App } from './app'
import { Profile } from './profile'

interface Fixtures {
  /** The fake provider, on real HTTP. */
  provider: FakeOpenRouter
  /** Starts a built server with the fake provider behind it; removed when the test ends. */
  startApp(env?: Record<string, string>, options?: Parameters<typeof App.start>[1]): Promise<App>
  /** Opens a browser profile; removed, and checked for problems, when the test ends. */
  openProfile(origin: string, options?: Parameters<typeof Profile.open>[1]): Promise<Profile>
}

export const test = base.extend<Fixtures>({
  // eslint-disable-next-line no-empty-pattern -- Playwright reads the fixture's needs from this pattern
  provider: async ({}, use) => {
    const provider = await startFakeOpenRouter({ strict: true, autoApprove: true })
    await use(provider)
    await provider.close()
  },
  startApp: async ({ provider }, use) => {
    const apps: App[] = []
    await use(async (env, options) => {
      const app = await App.start({ NUXT_OPENROUTER_API_URL: provider.apiUrl, NUXT_OPENROUTER_AUTH_URL: provider.authUrl, ...env }, options)
      apps.push(app)
      return app
    })
    for (const app of apps) await app.remove()
  },
  // eslint-disable-next-line no-empty-pattern -- as above
  openProfile: async ({}, use, testInfo) => {
    const profiles: Profile[] = []
    await use(async (origin, options) => {
      const profile = await Profile.open(origin, options)
      profiles.push(profile)
      return profile
    })
    if (testInfo.status !== testInfo.expectedStatus) {
      for (const profile of profiles) console.log(await profile.describe())
    }
    for (const profile of profiles) await profile.remove()
  },
})

export { expect }

/** The words that the sidebar says about sync. */
export const syncStatus = (page: Page) => page.getByRole('status', { name: 'Sync' })
export const composer = (page: Page) => page.getByRole('textbox', { name: 'Message' })
export const replies = (page: Page) => page.getByRole('log', { name: 'Conversation' }).getByRole('article', { name: 'Assistant' })

/** Pastes a key on the settings page, as a person does, and comes back to a new chat. */
export async function saveKey(page: Page, key = 'sk-or-v1-test-0000000000000000000000000000000000000000'): Promise<void> {
  await page.goto('/settings')
  await page.getByRole('textbox', { name: 'API key' }).fill(key)
  await page.getByRole('button', { name: 'Save key' }).click()
  await expect(page.getByRole('button', { name: 'Copy masked key' })).toBeVisible()
  await page.goto('/')
}

/** Chooses the model of the open composer by its slug. */
export async function chooseModel(page: Page, slug: string): Promise<void> {
  await page.getByRole('button', { name: 'Model', exact: true }).click()
  await page.getByRole('combobox').last().fill(slug)
  await page.keyboard.press('Enter')
}

/** A first visit, up to a new chat that is ready to send to this model. */
export async function startChat(page: Page, model = 'fake/echo'): Promise<void> {
  await page.goto('/')
  await saveKey(page)
  await chooseModel(page, model)
}

/** Types a message and sends it. */
export async function send(page: Page, text: string): Promise<void> {
  await composer(page).fill(text)
  await composer(page).press('Enter')
}
