import { defineNuxtPlugin, useNuxtApp, useRouter } from '#app'
import { announceVisibility, isAnyTabVisible } from '~/composables/visibleTab'
import { readOnce } from '~/stores/readOnce'
import { useSettingsStore } from '~/stores/settings'
import type { DatabaseClient, EventPayload } from '~/workers/api'

async function titleOf(database: DatabaseClient, id: NonNullable<EventPayload<'run-ended'>['thread']>): Promise<string> {
  const read = await readOnce(database, 'thread', { id })
  return (read.ok && read.value.thread?.title) || 'Untitled'
}

/** Tells outside the page that a reply has finished, when the person asked for that and no tab is in sight. */
export default defineNuxtPlugin({
  name: 'holdfast:reply-notices',
  setup() {
    const database: DatabaseClient = useNuxtApp().$database
    const router = useRouter()
    if (!('Notification' in window) || !('locks' in navigator)) return
    announceVisibility()

    database.on('run-ended', async ({ run, thread, status }) => {
      if (thread === null || status === 'stopped' || !useSettingsStore().notifyReplies) return
      if (Notification.permission !== 'granted' || await isAnyTabVisible()) return
      const text = status === 'final' ? 'The reply is ready.' : 'The reply ended with an error.'
      const options = { body: text, icon: '/icons/icon-192.png', tag: run, data: { path: `/t/${thread}` } }
      const title = await titleOf(database, thread)
      try {
        // Every tab says it; the tag makes it one.
        const notice = new Notification(title, options)
        notice.onclick = () => {
          window.focus()
          void router.push(`/t/${thread}`)
          notice.close()
        }
      }
      catch (cause) {
        // Phones show notifications of a service worker only.
        if (!(cause instanceof TypeError)) throw cause
        await (await navigator.serviceWorker.getRegistration())?.showNotification(title, options)
      }
    })
  },
})
