import { assertMethod, defineEventHandler, getQuery, getRouterParam, setResponseHeaders, setResponseStatus, type H3Event } from 'h3'
import { z } from 'zod'
import { errorStatus, HoldfastException } from '~/shared/errors'
import { getContext } from '../../context'
import { publicOrigin } from '../origin'
import { ShareFailure } from '../failure'
import { ThreadFailure } from '../../threads/thread'
import type { HeldAnswer } from '../../http/held-answers'
import { sendHeld } from '../../http/stream'
import { toStorageFailure } from '../../sql/storage-failure'
import type { ShareRow } from '../store'
import { shareToVersion } from '../version'
import { absentPage, noSuchPage, tooLargePage } from './absent'

/**
 * Its own origin by the sandbox, and nothing from elsewhere. The two addresses of the share stay readable from there: a page in a
 * sandbox is a stranger to its own server.
 */
const pageHeaders = {
  'content-security-policy': [
    'default-src \'none\'', 'script-src \'self\'', 'style-src \'unsafe-inline\'', 'img-src \'self\' data:', 'connect-src \'self\'',
    'frame-ancestors \'none\'', 'base-uri \'none\'', 'form-action \'none\'', 'sandbox allow-scripts allow-popups allow-downloads',
  ].join('; '),
  'x-robots-tag': 'noindex, nofollow',
  'access-control-allow-origin': '*',
  'vary': 'accept-encoding',
}

/** The share's page. It is counted as a view unless an open page only looks for news (`?look`). */
export const defineSharePage = () => defineEventHandler(async (event) => {
  assertMethod(event, ['GET', 'HEAD'])
  setResponseHeaders(event, { ...pageHeaders, 'cache-control': 'private, no-cache' })
  const { shares, clientAddress } = getContext(event)
  const refused = await tooOften(event)
  if (refused) return absent(event, 429, refused)
  const share = await shares.reader.find(getRouterParam(event, 'id') ?? '')
  if (!share) return absent(event)
  const tag = `"${shareToVersion(share)}"`
  event.node.res.setHeader('etag', tag)
  if (!('look' in getQuery(event)) && event.method === 'GET') await shares.views.count(share.id, clientAddress(event.node.req))
  if (event.node.req.headers['if-none-match'] === tag) {
    setResponseStatus(event, 304)
    return ''
  }
  const page = pageSchema.safeParse(getQuery(event).page ?? '1')
  if (!page.success) return withoutPage(event, share)
  return readOrExplain(event, share, async () => {
    const held = await shares.files.page(share, { page: page.data, origin: publicOrigin(event.node.req, shares.publicUrl) })
    if (!held) return withoutPage(event, share)
    event.node.res.setHeader('content-type', 'text/html; charset=utf-8')
    return sendHeld(event, held)
  })
})

const pageSchema = z.string().regex(/^[1-9]\d{0,5}$/).transform(Number)

/** The page's version, for an open page that looks for news. */
export const defineShareVersion = () => defineEventHandler(async (event) => {
  setResponseHeaders(event, { ...pageHeaders, 'cache-control': 'private, no-store', 'content-type': 'text/plain; charset=utf-8' })
  if (await tooOften(event)) {
    setResponseStatus(event, 429)
    return ''
  }
  const share = await getContext(event).shares.reader.find(getRouterParam(event, 'id') ?? '')
  if (share) return shareToVersion(share)
  setResponseStatus(event, 404)
  return ''
})

/** The share as one file: a page that works by itself, Markdown, or JSON. */
export const defineShareDownload = () => defineEventHandler(async (event) => {
  setResponseHeaders(event, { ...pageHeaders, 'cache-control': 'private, no-store' })
  const { shares } = getContext(event)
  const refused = await tooOften(event)
  if (refused) return absent(event, 429, refused)
  const share = await shares.reader.find(getRouterParam(event, 'id') ?? '')
  if (!share) return absent(event)
  const file = async (extension: string, type: string, making: Promise<HeldAnswer>): Promise<void> => {
    const held = await making
    const name = share.title.normalize('NFKD').replace(/[^\w\s-]/g, '').trim().replace(/\s+/g, '-').slice(0, 60) || 'share'
    setResponseHeaders(event, { 'content-type': `${type}; charset=utf-8`, 'content-disposition': `attachment; filename="${name}.${extension}"` })
    await sendHeld(event, held)
  }
  return readOrExplain(event, share, async () => {
    switch (getQuery(event).format) {
      case 'md': return file('md', 'text/markdown', shares.files.markdown(share))
      case 'json': return file('json', 'application/json', shares.files.info(share))
      case 'html':
      case undefined: return file('html', 'text/html', shares.files.html(share, publicOrigin(event.node.req, shares.publicUrl)))
      default: return absent(event, 400, 'There is no such format: html, md or json.')
    }
  })
})

/** What cannot be made of a share is said on a page, with what can be had of it in its place. */
async function readOrExplain(event: H3Event, share: ShareRow, read: () => Promise<unknown>): Promise<unknown> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof ThreadFailure) {
      if (error.reason === 'fault') getContext(event).log.error({ err: error.cause ?? error, share: share.id }, 'a share could not be rendered')
      answerPage(event, 413)
      return tooLargePage(share.id)
    }
    const expected = error instanceof HoldfastException ? error : toStorageFailure(error)
    if (!expected) throw error
    const { code, message, details } = expected.error
    if (typeof details?.retryAfter === 'number') event.node.res.setHeader('retry-after', String(details.retryAfter))
    answerPage(event, errorStatus[code])
    return absentPage(`This cannot be shown now: ${message}.`, 'One moment')
  }
}

/** Counts a reading; for an address that reads too often, what to tell it. */
async function tooOften(event: H3Event): Promise<string | null> {
  const { shares, clientAddress } = getContext(event)
  try {
    await shares.rate.read(clientAddress(event.node.req))
    return null
  }
  catch (error) {
    if (!(error instanceof ShareFailure)) throw error
    event.node.res.setHeader('retry-after', String(error.details.retryAfter))
    return error.message
  }
}

function withoutPage(event: H3Event, { id }: ShareRow): string {
  answerPage(event, 404)
  return noSuchPage(id)
}

function absent(event: H3Event, status = 404, message = 'This share does not exist, has expired, or was taken down.'): string {
  answerPage(event, status)
  return status === 429 ? absentPage(message, 'One moment') : absentPage(message)
}

function answerPage(event: H3Event, status: number): void {
  setResponseStatus(event, status)
  event.node.res.removeHeader('etag')
  setResponseHeaders(event, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
}
