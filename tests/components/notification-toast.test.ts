import { mountSuspended } from '@nuxt/test-utils/runtime'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import NotificationToast from '~/components/app/NotificationToast.vue'
import { useNotificationsStore } from '~/stores/notifications'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }))
afterEach(() => void vi.useRealTimers())

async function show(role: 'status' | 'alert') {
  const store = useNotificationsStore()
  const run = vi.fn()
  store.notify({ role, text: 'Message deleted', key: role, stay: 5_000, action: { label: 'Undo', run } })
  const notification = store.notifications.find(({ text }) => text === 'Message deleted')!
  return { store, run, wrapper: await mountSuspended(NotificationToast, { props: { notification } }), shown: () => store.notifications.includes(notification) }
}

it('[UI62] a toast has the role it was given and an action, and goes once it was used', async () => {
  const { wrapper, run, shown } = await show('alert')
  expect(wrapper.attributes('role')).toBe('alert')
  await wrapper.findAll('button').find((button) => button.text() === 'Undo')!.trigger('click')
  expect(run).toHaveBeenCalledOnce()
  expect(shown()).toBe(false)
})

it('[UI63] a toast’s time stands still while the pointer or the focus is in it', async () => {
  const { wrapper, shown } = await show('status')
  await wrapper.trigger('pointerenter')
  vi.advanceTimersByTime(60_000)
  expect(shown()).toBe(true)
  await wrapper.trigger('pointerleave')
  vi.advanceTimersByTime(5_000)
  expect(shown()).toBe(false)
})
