import { createError, type HoldfastError } from '~/shared/errors'
import { serverPath } from '~/shared/protocol/server-paths'

/**
 * The answer to a request that no route took and that asks for no page either; null when the app's page is the answer. Any address that is read
 * and is no route's may be a page: the app itself says when it knows none.
 */
export function refuseAsPage({ method, path }: { method: string, path: string }): HoldfastError | null {
  const isRead = method === 'GET' || method === 'HEAD'
  const address = (path.split('?', 1)[0] ?? '').replace(/\/{2,}/g, '/')
  return isRead && !serverPath.test(address) ? null : createError('not_found', 'there is no such route, or not with this method')
}
