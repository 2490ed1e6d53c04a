import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { useNuxtApp } from '#app'
import type { QueryAnswer } from '~/workers/api'

export type DayOfUse = QueryAnswer<'usage'>[number]
const lastDays = 30

/** What the replies of every device took in the last thirty days (UTC), newest day first; days without any are not there. Null while it is read. */
export const useUsageStore = defineStore('usage', () => {
  const days = shallowRef<DayOfUse[] | null>(null)
  useNuxtApp().$database.watch('usage', { days: lastDays }, (answer) => {
    days.value = answer
  })
  return { days, lastDays }
})
