import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { useNuxtApp } from '#app'
import type { HoldfastError } from '~/shared/errors'
import type { SearchHit } from '~/workers/api'

const wait = 90

/** Search over titles and messages on this device. Results stay until the next ones are there. */
export const useSearchStore = defineStore('search', () => {
  const database = useNuxtApp().$database
  const text = ref('')
  const hits = shallowRef<SearchHit[]>([])
  /** The text that `hits` answers. */
  const answered = ref('')
  const error = shallowRef<HoldfastError | null>(null)
  const active = computed(() => text.value.trim() !== '')

  let unwatch: (() => void) | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  function ask(wanted: string): void {
    unwatch?.()
    unwatch = database.watch('search', { text: wanted, limit: 60 }, (answer) => {
      hits.value = answer
      answered.value = wanted
      error.value = null
    }, (failure) => {
      error.value = failure
    })
  }

  watch(text, () => {
    clearTimeout(timer)
    const wanted = text.value.trim().slice(0, 500)
    if (wanted) {
      timer = setTimeout(() => ask(wanted), wait)
      return
    }
    unwatch?.()
    unwatch = null
    hits.value = []
    answered.value = ''
  })

  return { text, hits, answered, active, error }
})
