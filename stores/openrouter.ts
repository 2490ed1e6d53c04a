import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { useNuxtApp, useRouter } from '#app'
import type { HoldfastError } from '~/shared/errors'
import type { Result } from '~/shared/result'
import type { CallAnswer } from '~/workers/api'
import { drop, keep } from './kept'
import { exchangeCode, readOpenRouterConfig, type Ask } from './openrouter-exchange'

/** Whether a key is on this device, for the first paint of every tab; the key itself never leaves the worker. */
const flag = 'holdfast:openrouter'
/** A window event that says the key came or went. */
export const connectedEvent = 'openrouter:connected'

export type KeyLimits = CallAnswer<'check-key'>

/**
 * The OpenRouter key of this device. The flag in localStorage paints the indicator at once; the worker's word corrects it, and is asked
 * again on everything that may mean a change was missed: another tab's write, coming back to the tab, a new page.
 */
export const useOpenRouterStore = defineStore('openrouter', () => {
  const database = useNuxtApp().$database

  const connected = ref(localStorage.getItem(flag) === '1')
  const masked = ref<string | null>(null)
  const savedAt = ref<number | null>(null)
  const limits = shallowRef<KeyLimits | null>(null)
  const limitsError = shallowRef<HoldfastError | null>(null)
  const checking = ref(false)

  function show(isConnected: boolean): void {
    connected.value = isConnected
    if (isConnected) {
      keep(flag, '1')
      return
    }
    drop(flag)
    masked.value = null
    savedAt.value = null
    limits.value = null
    limitsError.value = null
  }

  async function refresh(): Promise<void> {
    const state = await database.call('key-state', {})
    if (!state.ok) return
    show(state.value.masked !== null)
    masked.value = state.value.masked
    savedAt.value = state.value.savedAt
  }

  async function saveKey(key: string): Promise<Result<object, HoldfastError>> {
    const saved = await database.call('save-key', { key })
    if (!saved.ok) return saved
    limits.value = null
    show(true)
    window.dispatchEvent(new CustomEvent(connectedEvent))
    return saved
  }

  const ask: Ask = (request) => database.call('server-request', request)
  /** Ends a login by PKCE: the key that the code stands for is saved on this device. */
  async function exchange(code: string, codeVerifier: string): Promise<Result<object, HoldfastError>> {
    const key = await exchangeCode(ask, code, codeVerifier)
    return key.ok ? saveKey(key.value) : key
  }
  const readConfig = () => readOpenRouterConfig(ask)

  async function logOut(): Promise<Result<object, HoldfastError>> {
    const cleared = await database.call('clear-key', {})
    if (!cleared.ok) return cleared
    show(false)
    window.dispatchEvent(new CustomEvent(connectedEvent))
    return cleared
  }

  /** Asks the provider for the key's limit and what is left of it. */
  async function checkKey(): Promise<void> {
    checking.value = true
    const answer = await database.call('check-key', {})
    checking.value = false
    limits.value = answer.ok ? answer.value : null
    limitsError.value = answer.ok ? null : answer.error
  }

  database.on('secrets-changed', ({ connected: isConnected }) => {
    show(isConnected)
    void refresh()
  })
  window.addEventListener(connectedEvent, () => void refresh())
  window.addEventListener('storage', (event) => {
    if (event.key !== flag) return
    show(event.newValue === '1')
    void refresh()
  })
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) void refresh()
  })
  useRouter().afterEach(() => void refresh())
  void refresh()

  return { connected, masked, savedAt, limits, limitsError, checking, refresh, saveKey, exchange, readConfig, logOut, checkKey }
})
