import { onScopeDispose } from 'vue'
import { navigateTo } from '#imports'
import { useMessagesStore } from '~/stores/messages'
import { useNoticesStore } from '~/stores/notices'
import { useNotificationsStore } from '~/stores/notifications'
import { useMessageActions } from './useMessageActions'
import { useRemedies } from './useRemedies'

/** Shows what the worker reports as toasts, wherever in the app one is. Used once, by the shell. */
export function useNotices(): void {
  const notices = useNoticesStore()
  const notifications = useNotificationsStore()
  const messages = useMessagesStore()
  const { showError } = useRemedies()
  const { retry } = useMessageActions()

  onScopeDispose(notices.onNotice(({ kind, message }) => {
    const look = { label: 'Look at it', run: () => navigateTo('/settings#data') }
    notifications.notify({ text: message, key: kind, stay: 20_000, role: kind === 'change-rejected' ? 'alert' : 'status', action: look })
  }))
  onScopeDispose(notices.onRunEnded(({ run, thread, error }) => {
    if (!error) return
    const shown = messages.messages.find((message) => message.run === run && message.role === 'assistant')
    const elsewhere = thread && thread !== messages.threadId ? { label: 'Open the thread', run: () => navigateTo(`/t/${thread}`) } : null
    showError(error, { key: `run-${run}`, retry: shown ? () => retry(shown) : undefined, otherwise: elsewhere })
  }))
  onScopeDispose(notices.onSendBlocked(({ error }) => showError(error, { key: 'send-blocked' })))
}
