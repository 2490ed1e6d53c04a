// npm run demo: the app against the bundled fake provider, so that someone without a key sees a streamed conversation.
import { join } from 'node:path'
import { ensureBuilt, ensureInstalled, requireNode, root } from './setup.mjs'

requireNode()
ensureInstalled()
ensureBuilt()

const { startFakeOpenRouter } = await import('../tests/fakes/openrouter/index.mjs')
const provider = await startFakeOpenRouter({ pace: 'reading' })
process.env.NUXT_OPENROUTER_API_URL = provider.apiUrl
process.env.NUXT_OPENROUTER_AUTH_URL = provider.authUrl
process.env.NUXT_DATA_DIR ||= join(root, '.data', 'demo')
console.log('Demo: replies come from a bundled fake provider. In the app choose “Login with OpenRouter”; no account is needed.')
await import('./start.mjs')
