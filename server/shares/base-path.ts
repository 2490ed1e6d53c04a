import { createError, defineEventHandler, getRouterParam } from 'h3'
import { answerShareRequest } from './http'

/**
 * The share API below a share key: `/t/<key>/api/share…`, the one way the agent's client can say who it is. `/t/<id>` itself is a page
 * of the app, so only what lies below `/api` comes here. A base URL that ends in a slash doubles it, which is why a segment may be empty.
 */
export const defineBasePathHandler = () => defineEventHandler((event) => {
  const key = getRouterParam(event, 'key') ?? ''
  const [, rest] = /^\/t\/[^/]+\/{1,2}api\/+share(\/[^?]*)?(?:\?|$)/.exec(event.path) ?? []
  if (getRouterParam(event, 'slash') || !/^\/t\/[^/]+\/{1,2}api\/+share(?:[/?]|$)/.test(event.path)) throw createError({ statusCode: 404, statusMessage: 'Not Found' })
  return answerShareRequest(event, rest ?? '', key)
})
