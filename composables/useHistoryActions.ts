import type { HoldfastError } from '~/shared/errors'
import type { Result } from '~/shared/result'
import { useHistoryStore, type Place } from '~/stores/history'
import { useNotificationsStore } from '~/stores/notifications'
import { announce, openModelsEvent } from './events'
import { useRemedies } from './useRemedies'
import { useSendGuard } from './useSendGuard'

/** What can be done about a thread that is too long for its model. `refused` says that the provider found it so, whatever we had estimated. */
export function useHistoryActions() {
  const history = useHistoryStore()
  const notifications = useNotificationsStore()
  const maySend = useSendGuard()
  const { showError } = useRemedies()

  function tell(answer: Result<object, HoldfastError>): boolean {
    if (!answer.ok) showError(answer.error, { key: 'history' })
    return answer.ok
  }

  async function summariseStart(model: string, place: Place, refused = false): Promise<void> {
    if (!maySend()) return
    const answer = await history.summariseStart(model, place, refused)
    if (!tell(answer) || !answer.ok || answer.value.unread === 0) return
    notifications.notify({ key: 'history', text: `The oldest messages (${answer.value.unread}) are too long even for the summary, and are not in it.`, stay: 20_000 })
  }

  return {
    dropStart: async (model: string, place: Place, refused = false) => tell(await history.dropStart(model, place, refused)),
    summariseStart,
    sendEverything: async () => tell(await history.choose(null)),
    chooseModel: () => announce(openModelsEvent),
  }
}
