import { createError, type HoldfastError } from '~/shared/errors'

/** Where only routes live. Any other address that is read may be a page: the app itself says when it knows none. */
const routeAddress = /^\/(?:auth\/spsk|push|pull|sync|snapshot|run_thread|blob|openrouter|api|healthz|fingerprint|aside|share-keys|share-audit)(?:\/|$)/

/** The answer to a request that no route took and that asks for no page either; null when the app's page is the answer. */
export function refuseAsPage({ method, path }: { method: string, path: string }): HoldfastError | null {
  const isRead = method === 'GET' || method === 'HEAD'
  const address = (path.split('?', 1)[0] ?? '').replace(/\/{2,}/g, '/')
  return isRead && !routeAddress.test(address) ? null : createError('not_found', 'there is no such route, or not with this method')
}
