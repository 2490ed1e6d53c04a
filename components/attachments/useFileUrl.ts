import { onBeforeUnmount, ref, shallowRef, toValue, watch, type MaybeRefOrGetter } from 'vue'
import type { FilePart } from '~/shared/domain/part'
import type { HoldfastError } from '~/shared/errors'
import { useConnectionStore } from '~/stores/connection'
import { useFilesStore } from '~/stores/files'

/** An object URL of a message's file, once `wanted`; it ends with the component. What failed is tried again when sync is back. */
export function useFileUrl(part: MaybeRefOrGetter<FilePart>, wanted: MaybeRefOrGetter<boolean>) {
  const files = useFilesStore()
  const connection = useConnectionStore()
  const url = ref<string | null>(null)
  const error = shallowRef<HoldfastError | null>(null)
  const loading = ref(false)
  let ended = false

  async function load(): Promise<void> {
    if (loading.value || url.value) return
    loading.value = true
    const opened = await files.open(toValue(part))
    loading.value = false
    if (ended) return
    error.value = opened.ok ? null : opened.error
    if (opened.ok) url.value = URL.createObjectURL(opened.value)
  }

  watch(() => toValue(wanted), (now) => {
    if (now) void load()
  }, { immediate: true })
  watch(() => connection.sync.state, (state) => {
    if (state === 'synced' && error.value && toValue(wanted)) void load()
  })
  onBeforeUnmount(() => {
    ended = true
    if (url.value) URL.revokeObjectURL(url.value)
  })

  return { url, error, loading, load }
}
