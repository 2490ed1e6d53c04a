import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { useNuxtApp, useRuntimeConfig } from '#app'
import { askBuild, buildMessages, updateChannel } from '~/shared/protocol/builds'
import { useConnectionStore } from './connection'
import { useNoticesStore } from './notices'

/** How long the button waits for a new build to be fetched, and the reload for the database to be closed. */
const fetchPatience = 60_000
const closePatience = 2_000

const reloadMessage = 'reload'
const within = (ms: number, task: Promise<unknown>): Promise<unknown> => Promise.race([task, new Promise((resolve) => setTimeout(resolve, ms))])

/** Settles once the worker is in one of these states, or can no longer get there. */
function reach(worker: ServiceWorker, states: readonly ServiceWorkerState[]): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (![...states, 'activated', 'redundant'].includes(worker.state)) return
      worker.removeEventListener('statechange', look)
      resolve()
    }
    worker.addEventListener('statechange', look)
    look()
  })
}

/**
 * Whether another build of the app is ready, and the way to it. The service worker fetches it and waits; what a window alone holds
 * (drafts, edits) stands in localStorage at each input, and replies run on the server, so a reload loses nothing.
 */
export const useUpdateStore = defineStore('update', () => {
  const database = useNuxtApp().$database
  const connection = useConnectionStore()
  const notices = useNoticesStore()
  const build = useRuntimeConfig().app.buildId
  const workers = 'serviceWorker' in navigator ? navigator.serviceWorker : undefined
  const channel = new BroadcastChannel(updateChannel)

  const ready = ref(false)
  const partMissing = ref(false)
  const missing = new WeakSet<object>()
  const builds = new WeakMap<ServiceWorker, string>()
  const busy = ref(false)
  const needed = computed(() => ready.value || partMissing.value || connection.role === 'outdated'
    || notices.lasting.has('reload-to-update') || connection.sync.error?.code === 'upgrade_required')

  /** Its answer is kept, since a question starts a worker that sleeps. */
  async function buildOf(worker: ServiceWorker): Promise<string | null> {
    const answer = builds.get(worker) ?? await askBuild(worker)
    if (answer !== null) builds.set(worker, answer)
    return answer
  }

  /** Whether the worker that comes next, or the one that serves already, is of another build. */
  async function look(): Promise<void> {
    const registration = await workers?.getRegistration()
    const next = registration?.waiting ?? registration?.active
    if (!next) return
    const other = await buildOf(next)
    // Silent, it is of a build before these questions, which was put back.
    ready.value = other === null ? next === registration?.waiting : other !== build
  }

  /** Asks the server for a new build; a server that cannot be reached is asked again later. */
  async function check(): Promise<void> {
    const registration = await workers?.getRegistration()
    if (!registration) return
    await registration.update().catch(() => registration)
    await lookAfterInstall(registration)
  }

  async function lookAfterInstall({ active, installing }: ServiceWorkerRegistration): Promise<void> {
    if (installing) await reach(installing, ['installed'])
    if ((await caches.keys()).length > 1) active?.postMessage({ type: buildMessages.tidy })
    await look()
  }

  /** A file of this build is gone everywhere: the page goes on without what needed it, and offers the reload. */
  function missPart(error: unknown): void {
    if (typeof error === 'object' && error !== null) missing.add(error)
    partMissing.value = true
  }
  const isMissedPart = (error: unknown): boolean => typeof error === 'object' && error !== null && missing.has(error)

  /** This window comes back as the build that its service worker serves by then. */
  async function arrive(): Promise<void> {
    busy.value = true
    await within(closePatience, database.rest())
    location.reload()
  }

  /** Every window of the app arrives at the newest build that can be had. */
  async function reload(): Promise<void> {
    if (busy.value) return
    busy.value = true
    const registration = await workers?.getRegistration()
    if (registration && !registration.waiting) await within(fetchPatience, check())
    const next = registration?.waiting
    if (next) {
      next.postMessage({ type: buildMessages.takeOver })
      await reach(next, [])
    }
    channel.postMessage(reloadMessage)
    await arrive()
  }

  channel.onmessage = async ({ data }) => {
    if (data !== reloadMessage) return
    await look()
    if (needed.value) await arrive()
  }

  return { ready, partMissing, busy, needed, look, check, lookAfterInstall, missPart, isMissedPart, reload }
})
