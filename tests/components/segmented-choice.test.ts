import { mountSuspended } from '@nuxt/test-utils/runtime'
import { expect, it } from 'vitest'
import SegmentedChoice from '~/components/settings/SegmentedChoice.vue'

const choices = [{ value: 'light', label: 'Light' }, { value: 'dark', label: 'Dark' }] as const

it('[UI60] a choice of a few is a named group of radio buttons that tells what was chosen', async () => {
  const wrapper = await mountSuspended(SegmentedChoice, { props: { name: 'Theme', choices, modelValue: 'light' } })
  expect(wrapper.get('[role=radiogroup]').attributes('aria-label')).toBe('Theme')
  const [light, dark] = wrapper.findAll<HTMLInputElement>('input')
  expect([light!.element.checked, dark!.element.checked]).toEqual([true, false])
  await dark!.setValue()
  expect(wrapper.emitted('update:modelValue')).toEqual([['dark']])
})
