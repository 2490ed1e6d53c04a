import { onScopeDispose } from 'vue'
import { navigateTo } from '#imports'
import type { RunId, ThreadId } from '~/shared/domain/ids'
import { useMessagesStore } from '~/stores/messages'
import { useNoticesStore } from '~/stores/notices'
import { useNotificationsStore } from '~/stores/notifications'
import { useThreadsStore } from '~/stores/threads'
import { useMessageActions } from './useMessageActions'
import { useRemedies } from './useRemedies'

/** Shows what the worker reports as toasts, wherever in the app one is. Used once, by the shell. */
export function useNotices(): void {
  const notices = useNoticesStore()
  const notifications = useNotificationsStore()
  const messages = useMessagesStore()
  const threads = useThreadsStore()
  const { showError } = useRemedies()
  const { retry } = useMessageActions()

  /** The thread is opened first: what goes out again depends on what stands there. A quick refusal comes before it is. */
  async function retryRun(run: RunId, thread: ThreadId): Promise<void> {
    if (messages.threadId !== thread) await navigateTo(`/t/${thread}`)
    // Answered after the page's own question, which by then has brought the thread.
    const read = await threads.readMessages(thread)
    const reply = read.ok ? read.value.find((message) => message.run === run && message.role === 'assistant') : undefined
    if (reply) await retry(reply)
  }

  onScopeDispose(notices.onNotice(({ kind, message }) => {
    const look = { label: 'Look at it', run: () => navigateTo('/settings#data') }
    notifications.notify({ text: message, key: kind, stay: 20_000, role: kind === 'change-rejected' ? 'alert' : 'status', action: look })
  }))
  onScopeDispose(notices.onRunEnded(({ run, thread, error }) => {
    if (!error) return
    const elsewhere = thread && thread !== messages.threadId ? { label: 'Open the thread', run: () => navigateTo(`/t/${thread}`) } : null
    showError(error, { key: `run-${run}`, retry: thread ? () => retryRun(run, thread) : undefined, otherwise: elsewhere })
  }))
  onScopeDispose(notices.onSendBlocked(({ error }) => showError(error, { key: 'send-blocked' })))
}
