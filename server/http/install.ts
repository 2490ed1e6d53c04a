import { defineEventHandler, setResponseStatus, type App, type AppOptions, type H3Event } from 'h3'
import { errorStatus } from '~/shared/errors'
import { limits } from '~/shared/limits'
import type { Config } from '../config'
import type { Context } from '../context'
import { answerDoubledSlashes } from '../shares/base-path'
import { createSocketHooks } from '../sync/socket'
import { answerEarly, isStillSending } from './answer-early'
import { clientGone } from './client-gone'
import { guardRequest } from './guard'
import { securityHeaders } from './headers'
import { endWhenStalled } from './stream'

export interface HttpParts {
  config: Config
  /** Resolves when the server can answer; requests that come earlier wait for it. */
  ready(): Promise<Context>
  /** CSP sources of the shell's inline scripts; null leaves the policy out, as the development server needs it. */
  hashes(): readonly string[] | null
}

/** Puts the guard and the security headers before everything else of the server, static files too, and adds the socket. */
export function installHttp(app: App, { config, ready, hashes }: HttpParts): void {
  const handler = defineEventHandler(async (event) => {
    event.context.holdfast = await ready()
    endUnfinished(event)
    endWhenStalled(event.node.res, config.sendTimeoutSeconds)
    const { headers, method = 'GET' } = event.node.req
    // HTTP has the tag go first; Nitro's files would pass for unchanged where a build was made before the one that it replaces.
    if (headers['if-none-match'] !== undefined) delete headers['if-modified-since']
    // What nothing else is said of is asked for again each time: the page and the service worker are how a new build arrives.
    event.node.res.setHeader('cache-control', 'no-cache')
    const refused = guardRequest({ method, path: event.path, host: headers.host, origin: headers.origin, isUpgrade: false }, config)
    const host = refused ? undefined : headers.host
    for (const [name, value] of Object.entries(securityHeaders({ path: event.path, host, hashes: hashes() }, config))) event.node.res.setHeader(name, value)
    if (!refused) return answerDoubledSlashes(event)
    setResponseStatus(event, errorStatus[refused.code])
    return { ok: false, error: refused }
  })
  app.stack.unshift({ route: '/', handler })
  wrapAnswers(app.options, ready)
  // A frame over the limit closes the socket with 1009 before it is in memory. The node adapter hands these options to `ws`.
  const socketOptions = { serverOptions: { maxPayload: limits.frameBytes, perMessageDeflate: false }, hooks: createSocketHooks(config, ready) }
  app.options.websocket = { ...app.options.websocket, ...socketOptions }
}

/** A body that still comes after its answer is not waited for: the connection cannot be used again. */
function endUnfinished({ node: { req, res } }: H3Event): void {
  if (isStillSending(req)) res.once('finish', () => isStillSending(req) && req.socket.destroySoon())
}

/** Whatever answers: a refusal is heard by a client that is still sending, and a client that is gone is no failure. */
function wrapAnswers(options: AppOptions, ready: HttpParts['ready']): void {
  const { onBeforeResponse, onError } = options
  options.onBeforeResponse = async (event, response) => {
    await onBeforeResponse?.(event, response)
    const { body } = response
    const isText = typeof body === 'string'
    if (event.handled || !isStillSending(event.node.req) || !(isText || isPlain(body))) return
    const { res } = event.node
    if (body !== '' && !res.hasHeader('content-type')) res.setHeader('content-type', isText ? 'text/html' : 'application/json')
    await answerEarly(event, isText ? body : JSON.stringify(body))
    response.body = null
  }
  options.onError = async (error, event) => {
    const why = clientGone(event, error.cause ?? error)
    if (why === null) return onError?.(error, event)
    const { log } = await ready()
    log.debug({ why }, 'a client went away')
    event._handled = true
    event.node.res.destroy()
  }
}

/** What h3 would write as JSON; streams, responses and bytes go their own way. */
function isPlain(body: unknown): body is object {
  return typeof body === 'object' && body !== null && [Object.prototype, Array.prototype, null].includes(Object.getPrototypeOf(body))
}
