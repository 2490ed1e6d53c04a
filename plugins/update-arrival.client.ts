import { defineNuxtPlugin } from '#app'
import { readArrivalPath } from '~/shared/protocol/builds'

/** The part of the Navigation API that is used; TypeScript does not know it yet, nor does every browser. */
interface SessionHistory { currentEntry: { index: number } | null, back(): { committed: Promise<unknown> } }

/**
 * A window that the service worker brought along to this build goes on where it was: at the entry of its history before this one, whose
 * address no other page is told, since none of ours is a referrer. Runs before the router. In a browser that cannot say whether there is one,
 * the window goes on at the address that it was opened at.
 */
export default defineNuxtPlugin({
  name: 'holdfast:update-arrival',
  order: -60,
  async setup() {
    const opened = readArrivalPath(window.location.search)
    if (opened === null) return
    // First, so that going forward again leads to a page of the app.
    window.history.replaceState(window.history.state, '', opened)
    const { navigation } = window as { navigation?: SessionHistory }
    if (!navigation || (navigation.currentEntry?.index ?? 0) === 0) return
    // The page ends here; only if the browser refuses, the app starts after all.
    await navigation.back().committed.catch(() => null)
  },
})
