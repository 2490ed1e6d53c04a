import { defineEventHandler, setResponseStatus, type EventHandler, type H3Event } from 'h3'
import { HoldfastException, errorStatus } from '~/shared/errors'
import { limits } from '~/shared/limits'
import { authenticateRequest, readBearer } from '../http/authenticate'
import { readBytes } from '../http/body'
import { logFailure } from '../http/client-gone'
import { markKnownPeer } from '../http/connections'
import { openStranger } from '../http/stranger-bytes'
import { sendHeld } from '../http/stream'
import { getContext, type Context } from '../context'
import { toStorageFailure } from '../sql/storage-failure'
import { readShareAddress } from './address'
import { readSecretFirst } from './body'
import { ShareFailure, failureToBody, unknownShare } from './failure'
import type { Files } from './files'
import { createValueCounter, parseForeignJson } from './json'
import type { KeyHolder } from './keys'
import { isLocalRequest, publicOrigin } from './origin'
import type { Shares } from './shares'
import { createBodySchema, deleteBodySchema, syncBodySchema } from './wire'
import type { z } from 'zod'

/** A request of the share API. `key` is the share key of its base path, if it came by one. */
interface ShareCall { event: H3Event, context: Context, shares: Shares, address: string, key: string | null }

/** Whoever has the link may read and whoever has the secret may write, from any page: as upstream. */
const cors = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, HEAD, POST, DELETE, OPTIONS',
  'access-control-allow-headers': 'content-type, authorization',
  'access-control-max-age': '86400',
}

/**
 * The share API of the opencode agent, below whatever base path it was reached by. `path` is what follows `/api/share`. One door for
 * all of it: these are another program's addresses, methods and words, and unknown ones are answered in them too.
 */
export async function answerShareRequest(event: H3Event, path: string, key: string | null): Promise<unknown> {
  const context = getContext(event)
  for (const [name, value] of Object.entries({ ...cors, 'cache-control': 'private, no-store' })) event.node.res.setHeader(name, value)
  if (event.method === 'OPTIONS') {
    setResponseStatus(event, 204)
    return ''
  }
  const { shares } = context
  try {
    return await dispatch({ event, context, shares, address: context.clientAddress(event.node.req), key }, path.split('/').filter(Boolean))
  } catch (error) {
    return answerFailure(event, context, error)
  }
}

/** A route of the share API at its own place. */
export const defineShareHandler = (): EventHandler => defineEventHandler((event) => answerShareRequest(event, readShareAddress(event.path)?.path ?? '', null))

async function dispatch(call: ShareCall, [id, action, ...more]: string[]): Promise<unknown> {
  const { method } = call.event
  if (more.length > 0) throw new ShareFailure(404, 'There is no such address')
  if (id === undefined) return method === 'POST' ? create(call) : wrongMethod(call, 'POST')
  if (action === undefined) {
    if (method === 'GET' || method === 'HEAD') return read(call, id, 'info')
    return method === 'DELETE' ? remove(call, id) : wrongMethod(call, 'GET, HEAD, DELETE')
  }
  if (action === 'sync') return method === 'POST' ? sync(call, id) : wrongMethod(call, 'POST')
  if (action === 'data') return method === 'GET' || method === 'HEAD' ? read(call, id, 'data') : wrongMethod(call, 'GET, HEAD')
  throw new ShareFailure(404, 'There is no such address')
}

function wrongMethod({ event }: ShareCall, allowed: string): never {
  event.node.res.setHeader('allow', `${allowed}, OPTIONS`)
  throw new ShareFailure(405, `The methods here are ${allowed}`)
}

async function create(call: ShareCall) {
  const { event, shares, address } = call
  await shares.rate.create(address)
  const holder = await holderOf(call)
  if (!holder && !mayCreateWithoutKey(call)) throw new ShareFailure(403, 'Sharing to this server needs a share key: make one in its settings and use its address as the base URL')
  const { sessionID } = await readJson(call, createBodySchema)
  const { id, secret } = await shares.sessions.create(sessionID, holder)
  return { id, url: `${publicOrigin(event.node.req, shares.publicUrl)}/share/${id}`, secret }
}

async function sync(call: ShareCall, id: string) {
  const { shares, address } = call
  await shares.rate.write(address)
  await holderOf(call)
  // Before the body is taken in: it may be long, and there may be nothing to put it in.
  if (!await shares.reader.find(id)) throw unknownShare(id)
  const bytes = await readProvenBody(call, (secret) => counted(call, id, async () => void await shares.sessions.authorise(id, secret)))
  const body = parseBody(bytes, syncBodySchema)
  const { syncCount, rejected } = await counted(call, id, () => shares.sessions.sync(id, body.secret, body.data))
  return { success: true, syncCount, ...(rejected.length > 0 ? { rejected: rejected.slice(0, 100) } : {}) }
}

async function remove(call: ShareCall, id: string) {
  const { event, context, shares, address } = call
  await shares.rate.write(address)
  if (readBearer(event)) {
    const { spaceId, deviceId } = await authenticateRequest(event, context)
    await shares.owner.remove(spaceId, deviceId, id)
    return { success: true }
  }
  const { secret } = await readJson(call, deleteBodySchema)
  if (secret === undefined) throw new ShareFailure(400, 'The secret is missing')
  await counted(call, id, () => shares.sessions.remove(id, secret))
  return { success: true }
}

/** Both forms of a share's items. They are JSON already, and may be long: they are neither parsed to be sent nor held in memory. */
async function read({ event, shares, address }: ShareCall, id: string, form: keyof Pick<Files, 'data' | 'info'>): Promise<void> {
  await shares.rate.read(address)
  const share = await shares.reader.find(id)
  if (!share) throw unknownShare(id)
  const held = await shares.files[form](share)
  event.node.res.setHeader('content-type', 'application/json')
  await sendHeld(event, held)
}

/** A body that says who is calling, and nothing long. */
async function readJson<Schema extends z.ZodType>({ event, context }: ShareCall, schema: Schema): Promise<z.output<Schema>> {
  const stranger = openStranger(event, context)
  try {
    return parseBody(await readBytes(event.node.req, limits.smallBodyBytes, stranger.hold), schema)
  } finally {
    stranger.release()
  }
}

/** A long body that is taken in once the secret at its head has been checked. One whose secret comes later has to be short. */
async function readProvenBody({ event, context, shares }: ShareCall, check: (secret: string) => Promise<void>): Promise<Uint8Array> {
  const stranger = openStranger(event, context)
  const { req } = event.node
  try {
    return await readSecretFirst(req, { limit: shares.quotas.bodyBytes, hold: stranger.hold, check: createValueCounter(shares.quotas.bodyValues), async prove(secret) {
      await check(secret)
      markKnownPeer(req.socket)
      stranger.release()
    } })
  } finally {
    stranger.release()
  }
}

function parseBody<Schema extends z.ZodType>(bytes: Uint8Array, schema: Schema): z.output<Schema> {
  const parsed = schema.safeParse(parseForeignJson(bytes))
  if (parsed.success) return parsed.data
  throw new ShareFailure(400, 'The body is not as expected', { issues: parsed.error.issues.slice(0, 10).map(({ path, message }) => ({ path: path.join('.'), message })) })
}

/** Who holds the key of the base path; null when there is no key. A wrong one is refused, and counted. */
async function holderOf(call: ShareCall): Promise<KeyHolder | null> {
  const { shares, address, key } = call
  if (key === null) return null
  const holder = await shares.keys.find(key)
  if (holder) return holder
  await shares.rate.failed(address)
  throw new ShareFailure(403, 'This share key is unknown or was revoked')
}

function mayCreateWithoutKey({ event, shares }: ShareCall): boolean {
  return shares.anonymous === 'on' || (shares.anonymous === 'loopback' && isLocalRequest(event.node.req, shares.publicUrl))
}

/** Counts a refused secret against the address that sent it, and records it: a flood of them ends at the limit, before it fills the records. */
async function counted<T>({ shares, address }: ShareCall, id: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ShareFailure && error.status === 403) {
      await shares.rate.failed(address)
      await shares.sessions.recordRefusal(id)
    }
    throw error
  }
}

function answerFailure(event: H3Event, { log }: Context, error: unknown): Record<string, unknown> {
  if (error instanceof ShareFailure) {
    setResponseStatus(event, error.status)
    if (error.details.retryAfter !== undefined) event.node.res.setHeader('retry-after', String(error.details.retryAfter))
    return failureToBody(error)
  }
  const expected = error instanceof HoldfastException ? error : toStorageFailure(error)
  if (expected !== error && expected?.error.code !== 'invalid_request') logFailure(event, error, log, 'a share request failed')
  if (expected) {
    setResponseStatus(event, errorStatus[expected.error.code])
    const { retryAfter } = expected.error.details ?? {}
    if (typeof retryAfter === 'number') event.node.res.setHeader('retry-after', String(Math.ceil(retryAfter)))
    return { error: expected.error.message, code: expected.error.code }
  }
  setResponseStatus(event, 500)
  return { error: 'Something went wrong on the server', code: 'internal' }
}
