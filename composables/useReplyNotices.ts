import { computed, onBeforeUnmount, onMounted, ref, type ComputedRef, type Ref } from 'vue'
import { useSettingsStore } from '~/stores/settings'

type Permission = NotificationPermission | 'unsupported'
const readPermission = (): Permission => ('Notification' in window ? Notification.permission : 'unsupported')

/** Whether finished replies are told outside the page, and how that is changed. The browser has to allow it first. */
export function useReplyNotices(): { on: ComputedRef<boolean>, permission: Ref<Permission>, turnOn: () => Promise<void>, turnOff: () => void } {
  const settings = useSettingsStore()
  const permission = ref(readPermission())
  const on = computed(() => settings.notifyReplies && permission.value === 'granted')

  async function turnOn(): Promise<void> {
    permission.value = await Notification.requestPermission()
    settings.notifyReplies = permission.value === 'granted'
  }
  const turnOff = (): void => {
    settings.notifyReplies = false
  }

  // The permission can change in the browser's own settings while the page is open.
  const readAgain = (): void => {
    permission.value = readPermission()
  }
  onMounted(() => window.addEventListener('focus', readAgain))
  onBeforeUnmount(() => window.removeEventListener('focus', readAgain))
  return { on, permission, turnOn, turnOff }
}
