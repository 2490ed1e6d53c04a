import { defineNuxtPlugin, useNuxtApp } from '#app'
import { deletionMark } from '~/shared/domain/local-data'
import { deleteKept, isLeftBehind, leaveBehind } from '~/stores/kept'

/** When local data is deleted in any tab, each page deletes what it keeps, writes nothing more, and starts anew. */
export default defineNuxtPlugin({
  name: 'holdfast:local-data',
  dependsOn: ['database'],
  setup() {
    if (!window.isSecureContext) return
    const database = useNuxtApp().$database
    /** The worker that leads still has an answer to give: its page stays until another term has begun. */
    const resigned = (): Promise<void> => new Promise((resolve) => {
      if (database.role() !== 'leader') resolve()
      else database.onRole((role) => role === 'leader' || resolve())
    })
    database.on('local-data-deleted', ({ mark }) => void Promise.allSettled([deleteKept(mark), resigned()]).then(leaveBehind))
    // For a page that did not hear it from its worker.
    window.addEventListener('storage', (event) => {
      if (event.key === deletionMark && isLeftBehind() && database.role() !== 'leader') leaveBehind()
    })
  },
})
