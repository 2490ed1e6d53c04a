import { defineNuxtPlugin } from '#app'
import { handBack, keepArrival, readArrival } from '~/composables/openrouterAttempt'

/**
 * Runs before the router and the database: the login code leaves the address bar at once, and a login that belongs to the page on
 * 127.0.0.1 goes back there before anything of localhost is opened.
 */
export default defineNuxtPlugin({
  name: 'holdfast:openrouter-return',
  order: -60,
  setup() {
    const back = handBack(window.location)
    if (back !== null) {
      window.location.replace(back)
      return new Promise<never>(() => {})
    }
    const arrival = readArrival(window.location)
    if (arrival === null) return
    keepArrival(arrival)
    window.history.replaceState(window.history.state, '', window.location.pathname)
  },
})
