import { defineEventHandler, type H3Event } from 'h3'
import { createError, HoldfastException } from '~/shared/errors'
import { getContext } from '../context'
import { answerError } from '../http/answer'
import { readShareAddress } from './address'
import { answerShareRequest } from './http'

/**
 * The share API below a share key: `/t/<key>/api/share…`, the one way the agent's client can say who it is. `/t/<id>` itself is a page
 * of the app, so only what lies below `/api` comes here.
 */
export const defineBasePathHandler = () => defineEventHandler((event) => {
  const address = readShareAddress(event.path)
  if (!address) return answerError(event, new HoldfastException(createError('not_found', 'there is no such route')), getContext(event).log)
  return answerShareRequest(event, address.path, address.key)
})

/** Answers an address of the share API that has a doubled slash somewhere, which no route's pattern finds; undefined for any other. */
export function answerDoubledSlashes(event: H3Event): Promise<unknown> | undefined {
  if (!/^[^?]*\/\//.test(event.path)) return undefined
  const address = readShareAddress(event.path)
  return address ? answerShareRequest(event, address.path, address.key) : undefined
}
