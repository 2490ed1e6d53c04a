import { defineStore } from 'pinia'
import { shallowRef } from 'vue'

export interface NotificationAction {
  label: string
  run: () => unknown
}

export interface Notification {
  id: number
  /** `status` waits its turn in a screen reader, `alert` interrupts. */
  role: 'status' | 'alert'
  text: string
  detail: string | null
  action: NotificationAction | null
  /** How long it stays, in ms, the time under the pointer or the focus not counted; null until it is dismissed. */
  stay: number | null
  /** A notification with the key of one that is shown takes its place. */
  key: string | null
}

export type NotificationRequest = Pick<Notification, 'text'> & Partial<Omit<Notification, 'id' | 'text'>>

const shownAtOnce = 4

/** Toasts: what the person should know now and can act on. */
export const useNotificationsStore = defineStore('notifications', () => {
  const notifications = shallowRef<Notification[]>([])
  let lastId = 0

  function notify(request: NotificationRequest): number {
    const id = ++lastId
    const role = request.role ?? 'status'
    const stay = request.stay === undefined ? (role === 'alert' ? 14_000 : request.action ? 9_000 : 4_000) : request.stay
    const notification: Notification = { detail: null, action: null, key: null, ...request, id, role, stay }
    const others = notifications.value.filter((other) => notification.key === null || other.key !== notification.key)
    notifications.value = [...others, notification].slice(-shownAtOnce)
    return id
  }

  function dismiss(id: number): void {
    notifications.value = notifications.value.filter((notification) => notification.id !== id)
  }

  async function act(notification: Notification): Promise<void> {
    dismiss(notification.id)
    await notification.action?.run()
  }

  return { notifications, notify, dismiss, act }
})
