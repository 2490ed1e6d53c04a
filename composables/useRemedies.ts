import { navigateTo } from '#imports'
import type { HoldfastError } from '~/shared/errors'
import { useNotificationsStore, type NotificationAction } from '~/stores/notifications'
import { assertNever } from '~/shared/result'
import { errorToWords, type ErrorRemedy } from '~/stores/errorWords'
import { announce, openModelsEvent } from './events'
import { useOpenRouterLogin } from './useOpenRouterLogin'

const creditPage = 'https://openrouter.ai/settings/credits'

/** Turns an error's remedy into a button, and an error into a toast. `retry` is what trying again means where the error happened. */
export function useRemedies() {
  const notifications = useNotificationsStore()
  const { login } = useOpenRouterLogin()

  function remedyToAction(remedy: ErrorRemedy, retry?: () => unknown): NotificationAction | null {
    switch (remedy) {
      case 'login': return { label: 'Login with OpenRouter', run: () => login() }
      case 'add-credit': return { label: 'Add credit', run: () => window.open(creditPage, '_blank', 'noopener') }
      case 'choose-model': return { label: 'Choose another model', run: () => announce(openModelsEvent) }
      case 'new-chat': return { label: 'New chat', run: () => navigateTo('/') }
      case 'pair': return { label: 'Pair this device', run: () => navigateTo('/pair') }
      case 'reload': return { label: 'Reload', run: () => location.reload() }
      case 'storage': return { label: 'Look at the storage', run: () => navigateTo('/settings#data') }
      case 'retry': return retry ? { label: 'Try again', run: retry } : null
      case null: return null
      default: return assertNever(remedy)
    }
  }

  /** `otherwise` is offered when nothing can be done about the error itself. */
  function showError(error: HoldfastError, options: { retry?: () => unknown, key?: string, otherwise?: NotificationAction | null } = {}): void {
    const { sentence, detail, remedy } = errorToWords(error)
    const action = remedyToAction(remedy, options.retry) ?? options.otherwise ?? null
    notifications.notify({ role: 'alert', text: sentence, detail, action, key: options.key ?? error.code })
  }

  return { remedyToAction, showError }
}
