import { defineNuxtPlugin } from '#app'
import { useNotificationsStore } from '~/stores/notifications'
import { useUpdateStore } from '~/stores/update'

/** A bug that nothing caught is told instead of leaving a page that quietly does not work. */
export default defineNuxtPlugin((nuxtApp) => {
  const report = (cause: unknown): void => {
    // The banner says it, with the way out.
    if (useUpdateStore().isMissedPart(cause)) return
    const detail = cause instanceof Error ? cause.message : String(cause)
    useNotificationsStore().notify({
      role: 'alert', text: 'Something went wrong in this page.', detail, key: 'page-error', action: { label: 'Reload', run: () => location.reload() },
    })
    // So that it still stands in the console with its stack.
    reportError(cause)
  }
  nuxtApp.vueApp.config.errorHandler = report
  window.addEventListener('unhandledrejection', (event) => {
    event.preventDefault()
    report(event.reason)
  })
})
