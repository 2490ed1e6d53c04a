import AxeBuilder from '@axe-core/playwright'
import { chooseModel, composer, expect, replies, saveKey, send, test } from './support/test'

for (const [colorScheme, width] of [['light', 1280], ['dark', 360]] as const) {
  test(`[UI31] the screens meet WCAG 2.2 AA by axe, ${colorScheme}, ${width} px`, async ({ startApp, openProfile }) => {
    const app = await startApp()
    const { page } = await openProfile(app.url, { width, colorScheme })
    const check = async () => {
      const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze()
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)).toEqual([])
    }
    await page.goto('/')
    await expect(composer(page)).toBeVisible()
    await check()
    await saveKey(page)
    await page.goto('/settings')
    await expect(page.getByRole('list', { name: 'Devices' }).getByRole('listitem')).toBeVisible()
    await check()
    await page.goto('/pair')
    await check()
    await page.goto('/')
    await chooseModel(page, 'fake/demo')
    await send(page, 'Show me some code')
    await expect(replies(page)).not.toHaveAttribute('aria-busy', 'true')
    await check()
  })
}

test('[UI32] a whole chat by keyboard alone', async ({ startApp, openProfile }) => {
  const app = await startApp()
  const { page } = await openProfile(app.url)
  await page.goto('/')
  await saveKey(page)
  await expect(composer(page)).toBeFocused()
  await page.keyboard.press('Tab')
  await expect(page.getByRole('button', { name: 'Attach files' })).toBeFocused()
  await page.keyboard.press('Tab')
  await expect(page.getByRole('button', { name: 'Model', exact: true })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('combobox', { name: 'Search models' })).toBeFocused()
  await page.keyboard.type('fake/echo')
  await page.keyboard.press('Enter')
  await expect(composer(page)).toBeFocused()
  await page.keyboard.type('only keys')
  await page.keyboard.press('Enter')
  await expect(replies(page)).toContainText('only keys')
  await expect(composer(page)).toBeFocused()
  await page.keyboard.type('?')
  await expect(composer(page)).toHaveValue('?')
})

test('[UI51] the sidebar that is opened or closed hands the focus on', async ({ startApp, openProfile }) => {
  const app = await startApp()
  const { page } = await openProfile(app.url)
  await page.goto('/')
  await expect(composer(page)).toBeFocused()
  const [open, hide] = [page.getByRole('button', { name: 'Open sidebar' }), page.getByRole('button', { name: 'Hide sidebar' })]
  await hide.focus()
  await page.keyboard.press('Enter')
  await expect(open).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(hide).toBeFocused()
  await composer(page).focus()
  await page.keyboard.press('ControlOrMeta+b')
  await expect(open).toBeVisible()
  await expect(composer(page)).toBeFocused()

  await page.setViewportSize({ width: 360, height: 740 })
  await open.focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('button', { name: 'Close sidebar' })).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(open).toBeFocused()
})

test('[UI52] a dialog that is closed gives the focus back to what opened it', async ({ startApp, openProfile }) => {
  const app = await startApp()
  const { page } = await openProfile(app.url)
  await page.goto('/settings')
  for (const name of ['Revoke', 'Delete local data']) {
    const opener = page.getByRole('button', { name, exact: true })
    await opener.focus()
    await page.keyboard.press('Enter')
    await expect(page.getByRole('dialog')).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toHaveCount(0)
    await expect(opener).toBeFocused()
  }
  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).getByRole('button', { name: 'Close' }).click()
  await expect(page.getByRole('button', { name: 'Delete local data' })).toBeFocused()
})
