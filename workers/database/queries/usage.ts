import { touchesTable, type Query, type QueryAnswer } from './query'

const dayMs = 24 * 60 * 60_000
const sums = ['promptTokens', 'completionTokens', 'cachedTokens', 'reasoningTokens', 'cost']

/** Replies that were deleted count too: they were paid. Copies of a branch do not: they have no run. */
export const usage: Query<'usage'> = {
  run({ db }, { thread, days }) {
    const since = Math.floor(db.now() / dayMs) * dayMs - (days - 1) * dayMs
    const totals = sums.map((name) => `total(case when json_valid(usage) then usage ->> '$.${name}' end) as ${name}`).join(', ')
    return db.driver.all<QueryAnswer<'usage'>[number]>(
      `select date(created_at / 1000, 'unixepoch') as day, ${totals}
      from message where ${thread ? 'thread = ?2 and' : ''} created_at >= ?1 and usage is not null and run is not null group by day order by day desc`,
      thread ? [since, thread] : [since])
  },
  touchedBy: (touched) => touchesTable(touched, 'message'),
}
