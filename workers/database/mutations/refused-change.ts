import { fail } from '~/shared/errors'
import { discardRejected, retryRejected } from '../outbox'
import type { Mutation } from './mutation'

export const retryChange: Mutation<'retry-change'> = ({ db, touch }, { n }) => {
  if (!retryRejected(db.driver, n)) fail('not_found', 'this change is not waiting any more')
  touch('outbox')
  touch('rejected')
  return {}
}

export const discardChange: Mutation<'discard-change'> = ({ db, touch }, { n }) => {
  discardRejected(db.driver, n)
  touch('rejected')
  return {}
}
