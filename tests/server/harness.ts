import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import wsAdapter from 'crossws/adapters/node'
import { createApp, createRouter, toNodeListener, type EventHandler, type RouterMethod } from 'h3'
import { parseConfig, type Config } from '~/server/config'
import { createContext, setContext, type Context, type Surroundings } from '~/server/context'
import { installHttp } from '~/server/http/install'
import { guardConnections } from '~/server/http/serve'

type Module = { default: EventHandler }
const routes = import.meta.glob<Module>('../../server/routes/**/*.ts')
const api = import.meta.glob<Module>('../../server/api/**/*.ts')

export interface TestServer {
  url: string
  context: Context
  /** Breaks every connection that is open, in the middle of what it carries. */
  dropConnections(): void
  close(): Promise<void>
}

/**
 * The server's real routes on a free port of this machine, by Nitro's file-name rules, over real SQLite in a folder of its own.
 * Given a `dataDir`, it starts on that folder and leaves it there: a restart.
 */
export async function startServer(overrides: Partial<Config> = {}, surroundings: Surroundings = {}): Promise<TestServer> {
  const folder = overrides.dataDir ?? await mkdtemp(join(tmpdir(), 'holdfast-server-'))
  const config: Config = { ...parseConfig({ NUXT_DATA_DIR: folder, NUXT_LOG_LEVEL: 'silent', PORT: '0' }), ...overrides, dataDir: folder }
  const context = await createContext(config, surroundings)
  setContext(context)

  const app = createApp()
  const router = createRouter()
  const addRoutes = async (files: Record<string, () => Promise<Module>>, root: string, prefix: string) => {
    for (const [file, load] of Object.entries(files)) {
      const { path, method } = fileToRoute(prefix + file.slice(root.length))
      router.use(path, (await load()).default, method)
    }
  }
  await addRoutes(routes, '../../server/routes', '')
  await addRoutes(api, '../../server/api', '/api')
  app.use(router)
  installHttp(app, { config, ready: () => Promise.resolve(context), hashes: () => [] })

  const server = createServer(toNodeListener(app))
  const sockets = wsAdapter(app.websocket as Parameters<typeof wsAdapter>[0])
  guardConnections(server, { trustedProxies: config.trustedProxies, handleUpgrade: sockets.handleUpgrade })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')

  return {
    url: `http://127.0.0.1:${address.port}`,
    context,
    dropConnections: () => server.closeAllConnections(),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      await context.close()
      sockets.closeAll(1001, '', true)
      server.closeAllConnections()
      await closed
      setContext(undefined)
      if (overrides.dataDir === undefined) await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Nitro's rules for a file below `routes`: `[id]` is a parameter, `[...path]` the rest, `.get` a method, `index` the folder. */
function fileToRoute(file: string): { path: string, method?: RouterMethod } {
  const [, stem = '', method] = /^(.*?)(?:\.(get|head|patch|post|put|delete|options))?\.ts$/.exec(file) ?? []
  const path = stem.replace(/\/index$/, '').replace(/\[\.\.\.(\w*)\]/g, (_, name: string) => `**${name ? `:${name}` : ''}`).replace(/\[(\w+)\]/g, ':$1')
  return { path: path || '/', ...(method ? { method: method as RouterMethod } : {}) }
}
