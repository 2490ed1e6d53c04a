import { mountSuspended } from '@nuxt/test-utils/runtime'
import { expect, it } from 'vitest'
import SendButton from '~/components/composer/SendButton.vue'

const idle = { busy: false, disabled: false }

it('[UI61] the composer’s button sends, and is Stop while a reply streams; with nothing to send it says so and keeps the focus', async () => {
  const wrapper = await mountSuspended(SendButton, { props: { ...idle, disabled: true } })
  const button = () => wrapper.get('button')
  expect(button().attributes()).toMatchObject({ 'type': 'submit', 'aria-label': 'Send', 'aria-disabled': 'true' })
  expect(button().attributes('disabled')).toBeUndefined()
  await wrapper.setProps(idle)
  expect(button().attributes('aria-disabled')).toBe('false')
  await wrapper.setProps({ ...idle, live: true })
  expect(button().attributes()).toMatchObject({ 'type': 'button', 'aria-label': 'Stop' })
  await button().trigger('click')
  expect(wrapper.emitted('stop')).toHaveLength(1)
})
