import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { useNuxtApp } from '#app'
import type { HoldfastError } from '~/shared/errors'
import type { Result } from '~/shared/result'
import type { SyncState, TabRole } from '~/workers/api'
import { useOpenRouterStore } from './openrouter'

/** What is known before the worker has answered. */
const unknown: SyncState = {
  state: 'starting', error: null, outgoing: 0, rejected: 0, progress: null, deviceId: '', deviceName: '', spaceId: null, tokenId: null, claimNeeded: false,
}

/** How this device stands towards the server and the provider, live. */
export const useConnectionStore = defineStore('connection', () => {
  const database = useNuxtApp().$database
  const openrouterStore = useOpenRouterStore()

  const sync = shallowRef<SyncState>(unknown)
  const role = ref<TabRole>(database.role())
  const error = shallowRef<HoldfastError | null>(null)

  database.watch('sync', {}, (answer) => {
    sync.value = answer
    error.value = null
  }, (failure) => {
    error.value = failure
  })
  database.onRole((next) => {
    role.value = next
  })

  const openrouter = computed(() => ({ connected: openrouterStore.connected, masked: openrouterStore.masked }))
  const paired = computed(() => sync.value.tokenId !== null && sync.value.state !== 'signed-out')

  /** Mints this device's token: with a pairing code, with a claim code, or by claim alone. */
  const pair = (request: { deviceName: string, pairingCode?: string, claimCode?: string }): Promise<Result<object, HoldfastError>> =>
    database.call('pair', request)

  const signOut = (wipe: boolean): Promise<Result<object, HoldfastError>> => database.call('sign-out', { wipe })
  const reconnect = (): Promise<Result<object, HoldfastError>> => database.call('reconnect', {})

  return { sync, role, error, openrouter, paired, pair, signOut, reconnect }
})
