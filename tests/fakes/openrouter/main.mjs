import { parseArgs } from 'node:util'
import { startFakeOpenRouter } from './index.mjs'

/** Runs the stand-in by itself: `node main.mjs --port 4100 --pace reading`. */
const { values } = parseArgs({ options: { port: { type: 'string', default: '0' }, pace: { type: 'string', default: 'reading' }, 'auto-approve': { type: 'boolean', default: false } } })
const fake = await startFakeOpenRouter({ port: Number(values.port), pace: values.pace === 'reading' ? 'reading' : 'instant', autoApprove: values['auto-approve'] })
console.log(JSON.stringify({ url: fake.url, apiUrl: fake.apiUrl, authUrl: fake.authUrl }))
