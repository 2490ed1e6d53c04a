import { defineEventHandler, setResponseStatus, type App } from 'h3'
import { errorStatus } from '~/shared/errors'
import { limits } from '~/shared/limits'
import type { Config } from '../config'
import type { Context } from '../context'
import { answerDoubledSlashes } from '../shares/base-path'
import { createSocketHooks } from '../sync/socket'
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
    endWhenStalled(event.node.res, config.sendTimeoutSeconds)
    const { headers, method = 'GET' } = event.node.req
    const refused = guardRequest({ method, path: event.path, host: headers.host, origin: headers.origin, isUpgrade: false }, config)
    const host = refused ? undefined : headers.host
    for (const [name, value] of Object.entries(securityHeaders({ path: event.path, host, hashes: hashes() }, config))) event.node.res.setHeader(name, value)
    if (!refused) return answerDoubledSlashes(event)
    setResponseStatus(event, errorStatus[refused.code])
    return { ok: false, error: refused }
  })
  app.stack.unshift({ route: '/', handler })
  // A frame over the limit closes the socket with 1009 before it is in memory. The node adapter hands these options to `ws`.
  const socketOptions = { serverOptions: { maxPayload: limits.frameBytes, perMessageDeflate: false }, hooks: createSocketHooks(config, ready) }
  app.options.websocket = { ...app.options.websocket, ...socketOptions }
}
