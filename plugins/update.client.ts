import { defineNuxtPlugin, reloadNuxtApp, useRuntimeConfig } from '#app'
import { watch } from 'vue'
import { answerBuild, buildMessages, typeOfMessage } from '~/shared/protocol/builds'
import { useConnectionStore } from '~/stores/connection'
import { useUpdateStore } from '~/stores/update'

const checkEvery = 45_000

/**
 * Registers the service worker, tells it which build this window is, and looks for a newer one: while the window is in sight, when it
 * comes to the front, when the network is back, and when the server is, which is what a deploy looks like from here.
 */
export default defineNuxtPlugin({
  name: 'holdfast:update',
  setup(nuxtApp) {
    if (!window.isSecureContext || location.pathname.startsWith('/share/')) return
    const build = useRuntimeConfig().app.buildId
    const workers = 'serviceWorker' in navigator ? navigator.serviceWorker : undefined
    // Before anything else: a window that does not answer is taken for one of a build that cannot.
    workers?.addEventListener('message', (event) => {
      if (typeOfMessage(event.data) === buildMessages.which) answerBuild(event, build)
    })

    let stands = false
    nuxtApp.hook('app:suspense:resolve', () => { stands = true })
    nuxtApp.hook('app:chunkError', ({ error }) => {
      // Before the app stands there is nothing to show a banner in, and nothing to lose.
      if (stands) useUpdateStore().missPart(error)
      else reloadNuxtApp()
    })

    nuxtApp.hook('app:mounted', async () => {
      if (!workers) return
      const update = useUpdateStore()
      // Without one the app works, but for a start with the network gone.
      await workers.register('/service-worker.js', { scope: '/' }).catch(() => null)
      const registration = await workers.getRegistration()
      registration?.addEventListener('updatefound', () => void update.lookAfterInstall(registration))
      const check = (): void => {
        if (document.visibilityState === 'visible') void update.check()
      }
      workers.addEventListener('controllerchange', () => void update.look())
      window.addEventListener('focus', check)
      window.addEventListener('online', check)
      document.addEventListener('visibilitychange', check)
      watch(() => useConnectionStore().sync.state === 'synced', (synced) => synced && check())
      setInterval(check, checkEvery)
      check()
    })
  },
})
