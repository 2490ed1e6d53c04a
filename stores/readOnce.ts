import type { HoldfastError } from '~/shared/errors'
import { err, ok, type Result } from '~/shared/result'
import type { DatabaseClient, QueryAnswer, QueryName, QueryParams } from '~/workers/api'

/** A query's answer as it stands now, not watched any further. */
export const readOnce = <Q extends QueryName>(database: DatabaseClient, name: Q, params: QueryParams<Q>): Promise<Result<QueryAnswer<Q>, HoldfastError>> =>
  new Promise((resolve) => {
    const stop = database.watch(name, params, (answer) => {
      resolve(ok(answer))
      // The answer may come before there is anything to stop.
      queueMicrotask(() => stop())
    }, (failure) => resolve(err(failure)))
  })
