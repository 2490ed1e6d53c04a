import type { Query } from './query'
import { readThread } from './rows'

export const thread: Query<'thread'> = {
  run({ db }, { id }) {
    const row = readThread(db.driver, id)
    if (!row) return { state: 'unknown', thread: null }
    return { state: row.deleted ? 'deleted' : 'present', thread: row }
  },
  touchedBy: (touched, _sources, { id }) => touched.all === true || touched.rows.some((row) => row.table === 'thread' && row.key === id),
}
