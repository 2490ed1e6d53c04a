import '#nitro-internal-pollyfills'
import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import wsAdapter from 'crossws/adapters/node'
import { toNodeListener } from 'h3'
import { useNitroApp } from 'nitropack/runtime'
import { explainAndExit, toListenFailure } from './host/start-failure'
import { connectionEnded } from './http/client-gone'
import { guardConnections, headersMs } from './http/serve'
import { readConfig, stopServer, whenStarted } from './start'

/**
 * Where the built server starts, in place of Nitro's own entry: the doors before the first request stand at the HTTP server itself. It
 * takes Nitro's variables for a certificate and for a Unix socket as Nitro's entry does. An orderly stop is the plugin's.
 */
const nitroApp = useNitroApp()
const config = readConfig()
const { NITRO_SSL_CERT: cert, NITRO_SSL_KEY: key, NITRO_UNIX_SOCKET: path } = process.env
const options = { connectionsCheckingInterval: 5_000 }
const listener = toNodeListener(nitroApp.h3App)
const server = cert && key ? createSecureServer({ ...options, cert, key, handshakeTimeout: headersMs }, listener) : createServer(options, listener)
const { handleUpgrade } = wsAdapter(nitroApp.h3App.websocket as Parameters<typeof wsAdapter>[0])
guardConnections(server, { trustedProxies: config.trustedProxies, handleUpgrade })

/** What nobody caught is said and survived: one request's bug is not the end of everybody's. */
const report = (error: unknown) => {
  const text = error instanceof Error && !connectionEnded(error) ? error.stack : String(error)
  process.stderr.write(`uncaught: ${text}\n`)
}
process.on('uncaughtException', report)
process.on('unhandledRejection', report)

// Nothing is said to listen before it can answer, and what stands in the way is a sentence and an exit that tells.
const howToClaim = await whenStarted()
const place = { host: config.host, port: config.port, path }
const onListenFailure = (error: unknown) => {
  void stopServer().finally(() => explainAndExit(toListenFailure(error, place)))
}
server.once('error', onListenFailure)
server.listen(path ? { path } : { port: config.port, host: config.host }, () => {
  // What fails from now on is no failure to listen, and no end: a connection that could not be taken, for want of descriptors.
  server.on('error', report).off('error', onListenFailure)
  const address = server.address()
  if (address === null || typeof address === 'string') return void process.stdout.write(`Listening on ${address}\n${howToClaim}`)
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address
  process.stdout.write(`Listening on ${cert && key ? 'https' : 'http'}://${host}:${address.port}\n${howToClaim}`)
})
