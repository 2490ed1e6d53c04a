import { useConnectionStore } from '~/stores/connection'
import { useNotificationsStore } from '~/stores/notifications'
import { useSettingsStore } from '~/stores/settings'
import { costToText } from './formats'
import { useRemedies } from './useRemedies'
import { createError } from '~/shared/errors'
import { navigateTo } from '#imports'

/** Says whether a reply may be asked for from this device; if not, says why in a toast, and the text stays where it is. */
export function useSendGuard(): () => boolean {
  const connection = useConnectionStore()
  const settings = useSettingsStore()
  const notifications = useNotificationsStore()
  const { showError } = useRemedies()

  return () => {
    if (!connection.openrouter.connected) {
      showError(createError('key_missing', 'Log in, or paste a key in the settings. What you typed stays.'))
      return false
    }
    if (settings.spendBlocked) {
      notifications.notify({
        role: 'alert',
        key: 'spend-cap',
        text: `Today’s spending has reached your cap of ${costToText(settings.dailySpendCap ?? 0)}.`,
        detail: 'It starts again at midnight UTC.',
        action: { label: 'Change the cap', run: () => navigateTo('/settings') },
      })
      return false
    }
    return true
  }
}
