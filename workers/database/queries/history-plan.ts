import { planHistory, planSummary } from '~/shared/domain/history-plan'
import { readMessage } from './rows'
import { spineOf } from '../thread-spines'
import { touchesThread } from './messages'
import type { Query } from './query'

export const historyPlan: Query<'history-plan'> = {
  run({ db }, { thread, parent, ids, ...request }) {
    const { spine, weights } = spineOf(db, thread)
    const path = parent === null ? [] : spine.pathTo(parent)
    const asked = { ...request, path: weights.weighPath(path), summaries: weights.weigh(spine.summaries()) }
    const { cut, summary, ...plan } = planHistory(asked)
    const next = planSummary(asked)
    return {
      ...plan, sent: path.length - cut, omitted: summary ? 0 : cut, covered: summary ? cut : 0,
      omit: ids && !summary ? path.slice(0, cut).map(({ id }) => id) : [],
      summary: summary ? readMessage(db.driver, summary.id) ?? null : null, next: next && { ...next, omit: ids ? next.omit : [] },
    }
  },
  touchedBy: (touched, { db }, { thread }) => touchesThread(touched, db, thread),
}

/** So many messages are read in one run: others may wait for the worker. */
const slice = 1_500

/** Deleted replies and summaries count too: they were paid. Copies of a branch do not: they have no run. */
export const spent: Query<'spent'> = {
  run({ db }, { thread }) {
    const sum = { promptTokens: 0, completionTokens: 0, cachedTokens: 0, reasoningTokens: 0, cost: 0 }
    const { weights } = spineOf(db, thread)
    const complete = weights.read(slice)
    for (const usage of weights.usages()) {
      for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += usage[name] ?? 0
    }
    return { ...sum, complete }
  },
  touchedBy: (touched, { db }, { thread }) => touchesThread(touched, db, thread),
}
