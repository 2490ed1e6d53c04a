// npm start: installs what is missing, builds what changed, serves.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ensureBuilt, ensureInstalled, requireNode, root } from './setup.mjs'

requireNode()
ensureInstalled()
ensureBuilt()

// Nitro listens on every interface when no host is named.
process.env.HOST ||= '127.0.0.1'
process.env.PORT ||= '3000'
process.env.NODE_ENV ||= 'production'
process.env.NUXT_DATA_DIR ||= join(root, '.data')
await import(pathToFileURL(join(root, '.output', 'server', 'index.mjs')).href)
