import { defineNuxtPlugin } from '#app'
import { readArrivalPath } from '~/shared/protocol/builds'

/** The part of the Navigation API that is asked; TypeScript does not know it yet, nor does every browser. */
interface SessionHistory { entries(): { url: string | null }[], currentEntry: { index: number } | null }

/**
 * A window that the service worker brought along to this build goes on where it was: at the entry of its history before this one. Runs
 * before the router. A browser that does not tell gives the address that the window was opened at.
 */
export default defineNuxtPlugin({
  name: 'holdfast:update-arrival',
  order: -60,
  setup() {
    const opened = readArrivalPath(window.location.search)
    if (opened === null) return
    const { navigation } = window as { navigation?: SessionHistory }
    const before = navigation?.entries()[(navigation.currentEntry?.index ?? 0) - 1]?.url
    window.history.replaceState(window.history.state, '', before ?? opened)
  },
})
