import { ref, type Ref } from 'vue'
import { useRouter } from '#app'
import { createError, type HoldfastError } from '~/shared/errors'
import { err, ok, type Result } from '~/shared/result'
import { useNotificationsStore } from '~/stores/notifications'
import { useOpenRouterStore } from '~/stores/openrouter'
import { errorToWords } from '~/stores/errorWords'
import { beginAttempt, returnAddress, takeArrival, takeAttempt, toChallenge } from './openrouterAttempt'

export interface OpenRouterLogin {
  busy: Ref<boolean>
  /** False where OpenRouter has no way back: plain http on a network address. */
  available: boolean
  /** Leaves for OpenRouter; `returnTo` is the page to come back to, this one by default. */
  login: (returnTo?: string) => Promise<void>
  /** On the return page: trades the code for a key. Answers the path to go on to; null when the page was not opened by OpenRouter. */
  finish: () => Promise<Result<string, HoldfastError> | null>
}

/** Login with OpenRouter by PKCE (RFC 7636, S256). The verifier lives in this tab for one attempt; the key goes to the worker and nowhere else. */
export function useOpenRouterLogin(): OpenRouterLogin {
  const openrouter = useOpenRouterStore()
  const notifications = useNotificationsStore()
  const router = useRouter()
  const busy = ref(false)
  const available = returnAddress(window.location, '') !== null

  async function login(returnTo = router.currentRoute.value.fullPath): Promise<void> {
    busy.value = true
    const config = await openrouter.readConfig()
    const attempt = beginAttempt(returnTo)
    const callback = returnAddress(window.location, attempt.nonce)
    if (!config.ok || callback === null) {
      busy.value = false
      const detail = config.ok ? 'OpenRouter returns to https addresses and to localhost only. Paste a key instead.' : errorToWords(config.error).sentence
      notifications.notify({ role: 'alert', text: 'The login could not begin.', detail, key: 'openrouter-login' })
      return
    }
    const address = new URL(config.value.authUrl)
    address.searchParams.set('callback_url', callback)
    address.searchParams.set('code_challenge', await toChallenge(attempt.verifier))
    address.searchParams.set('code_challenge_method', 'S256')
    window.location.assign(address)
  }

  async function finish(): Promise<Result<string, HoldfastError> | null> {
    const arrival = takeArrival()
    if (arrival === null || (arrival.code === null && arrival.nonce === null)) return null
    const attempt = takeAttempt(arrival)
    if (attempt === null || arrival.code === null) {
      return err(createError('invalid_request', 'This login was begun in another tab, took longer than ten minutes, or was cancelled. No key was fetched.'))
    }
    const saved = await openrouter.exchange(arrival.code, attempt.verifier)
    return saved.ok ? ok(attempt.returnTo) : saved
  }

  return { busy, available, login, finish }
}
