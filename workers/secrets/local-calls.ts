import { fail } from '~/shared/errors'
import type { CallAnswer, CallRequest } from '../api'
import type { Emit, LocalCalls } from '../tabs/tab'
import { checkKey } from './check-key'
import type { OpenRouterKey } from './openrouter-key'

/** The calls on the key, answered by the tab's own worker: the key goes from the page to here and not further. */
export function createLocalCalls(key: OpenRouterKey, emit: Emit, options: { fetch: typeof fetch, origin: string }): Omit<LocalCalls, 'add-blob' | 'read-blob'> {
  return {
    async 'save-key'(request: CallRequest<'save-key'>) {
      await key.save(request.key)
      emit('secrets-changed', { connected: true })
      return {}
    },
    'key-state': () => key.state(),
    async 'clear-key'() {
      await key.clear()
      emit('secrets-changed', { connected: false })
      return {}
    },
    async 'check-key'(): Promise<CallAnswer<'check-key'>> {
      const secret = await key.read()
      if (secret === null) fail('key_missing', 'there is no OpenRouter key on this device')
      return checkKey(options.fetch, options.origin, secret)
    },
  }
}
