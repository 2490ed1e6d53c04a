import { assertMethod, defineEventHandler, getQuery, getRouterParam, setResponseHeaders, setResponseStatus, type H3Event } from 'h3'
import { getContext } from '../../context'
import { publicOrigin } from '../origin'
import { ShareFailure } from '../failure'
import { openShareToInfo, type OpenShare } from '../read'
import { absentPage } from './absent'
import { openShareToView, shareToVersion } from './viewer'
import { viewToMarkdown } from './transcript'

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
  event.node.res.setHeader('content-type', 'text/html; charset=utf-8')
  const options = { origin: publicOrigin(event.node.req, shares.publicUrl), standalone: false }
  const kept = shares.viewer.kept(share, options)
  if (kept !== null) return kept
  const open = await openShare(event)
  return open ? shares.viewer.page(open, options) : absent(event)
})

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
  const open = await openShare(event)
  if (!open) return absent(event)
  const view = openShareToView(open)
  const file = (extension: string, type: string, text: string) => {
    const name = view.title.normalize('NFKD').replace(/[^\w\s-]/g, '').trim().replace(/\s+/g, '-').slice(0, 60) || 'share'
    setResponseHeaders(event, { 'content-type': `${type}; charset=utf-8`, 'content-disposition': `attachment; filename="${name}.${extension}"` })
    return text
  }
  switch (getQuery(event).format) {
    case 'md': return file('md', 'text/markdown', viewToMarkdown(view))
    case 'json': return file('json', 'application/json', openShareToInfo(open))
    case 'html':
    case undefined: return file('html', 'text/html', await shares.viewer.page(open, { origin: publicOrigin(event.node.req, shares.publicUrl), standalone: true }))
    default: return absent(event, 400, 'There is no such format: html, md or json.')
  }
})

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

const openShare = (event: H3Event): Promise<OpenShare | null> => getContext(event).shares.reader.open(getRouterParam(event, 'id') ?? '')

function absent(event: H3Event, status = 404, message = 'This share does not exist, has expired, or was taken down.'): string {
  setResponseStatus(event, status)
  setResponseHeaders(event, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
  return status === 429 ? absentPage(message, 'One moment') : absentPage(message)
}
