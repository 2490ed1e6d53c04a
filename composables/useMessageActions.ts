import { navigateTo } from '#imports'
import type { Message } from '~/shared/domain/message'
import { isFilePart, partsToText } from '~/shared/domain/part'
import { messageToParts } from '~/shared/domain/thinking'
import type { HoldfastError } from '~/shared/errors'
import type { Result } from '~/shared/result'
import { useHistoryStore, type Place } from '~/stores/history'
import { useMessagesStore } from '~/stores/messages'
import { useNotificationsStore } from '~/stores/notifications'
import { useRunsStore } from '~/stores/runs'
import { useSendsStore } from '~/stores/sends'
import { useSettingsStore } from '~/stores/settings'
import { announce, giveFilesEvent, giveTextEvent } from './events'
import { useRemedies } from './useRemedies'
import { useSendGuard } from './useSendGuard'

/** What can be done to one message of the open thread; failures are told in a toast. */
export function useMessageActions() {
  const messages = useMessagesStore()
  const sends = useSendsStore()
  const runs = useRunsStore()
  const settings = useSettingsStore()
  const history = useHistoryStore()
  const notifications = useNotificationsStore()
  const { showError } = useRemedies()
  const maySend = useSendGuard()

  const modelFor = (message: Message): string => messages.thread?.model ?? message.model ?? settings.defaultModel ?? 'openrouter/auto'
  const optionsFor = (message: Message, place: Place) => history.forRun(modelFor(message), place)

  function tell(answer: Result<unknown, HoldfastError>): boolean {
    if (!answer.ok) showError(answer.error)
    return answer.ok
  }

  async function copy(message: Message): Promise<void> {
    try {
      await navigator.clipboard.writeText(partsToText(messageToParts(message)))
      notifications.notify({ text: 'Copied', key: 'copied', stay: 2_000 })
    }
    catch (cause) {
      notifications.notify({ role: 'alert', text: 'The browser did not allow copying.', detail: cause instanceof Error ? cause.message : null, key: 'copied' })
    }
  }

  /** Sends an edited message as a new version; a queued one is replaced. Answers whether it went. */
  async function edit(message: Message, text: string, queuedReply: Message | null): Promise<boolean> {
    if (!maySend()) return false
    const files = message.parts.filter(isFilePart)
    const options = await optionsFor(message, { parent: message.parent, draft: { text, files } })
    return tell(await sends.send(message.thread, { parent: message.parent, parts: [...files, { type: 'text' as const, text }], replaces: queuedReply?.id }, options))
  }

  async function retry(reply: Message): Promise<void> {
    if (maySend()) tell(await sends.retry(reply, await optionsFor(reply, { parent: reply.parent, draft: null })))
  }

  /** Asks for a reply to a message that has none. */
  async function ask(message: Message): Promise<void> {
    if (maySend()) tell(await sends.ask(message, await optionsFor(message, { parent: message.id, draft: null })))
  }

  async function continueReply(reply: Message): Promise<void> {
    if (maySend()) tell(await sends.retry(reply, { ...await optionsFor(reply, { parent: reply.parent, draft: null }), continueFrom: reply.id }))
  }

  async function branch(message: Message): Promise<void> {
    const answer = await sends.branch(message, messages.path)
    if (tell(answer) && answer.ok) await navigateTo(`/t/${answer.value}`)
  }

  async function remove(message: Message): Promise<void> {
    if (!tell(await messages.setDeleted(message, true))) return
    const undo = async (): Promise<void> => {
      tell(await messages.setDeleted(message, false))
    }
    notifications.notify({ text: 'Message deleted', key: `delete-${message.id}`, action: { label: 'Undo', run: undo } })
  }

  /** Takes a queued send back; its text returns to the composer. */
  async function cancel(reply: Message): Promise<void> {
    const files = (reply.parent ? messages.tree.get(reply.parent)?.parts : undefined)?.filter(isFilePart) ?? []
    const answer = await sends.cancel(reply.id)
    if (!tell(answer) || !answer.ok) return
    if (messages.leaf === reply.id) messages.leaf = messages.path.findLast(({ id, role }) => id !== reply.id && role === 'assistant')?.id ?? null
    announce(giveTextEvent, answer.value.text)
    announce(giveFilesEvent, files)
  }

  async function sendFromHere(reply: Message): Promise<void> {
    if (!maySend()) return
    const model = reply.model ?? modelFor(reply)
    tell(await sends.sendFromHere(reply.id, await history.forRun(model, { parent: reply.parent, draft: null })))
  }

  async function stop(reply: Message): Promise<void> {
    if (reply.run) tell(await runs.stop(reply.run))
  }

  return { modelFor, copy, edit, retry, ask, continueReply, branch, remove, cancel, sendFromHere, stop }
}
