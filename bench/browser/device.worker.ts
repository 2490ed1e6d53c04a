/// <reference lib="webworker" />
import { loadSqlite } from '~/workers/database/driver-wasm'
import { measureFirstSync } from './first-sync'
import { measurePages } from './pages'
import { measureSearch } from './search'
import { measureSends } from './sends'

/** What the bench page asks of this worker, which runs the app's own database and sync modules. */
const measures = { 'load': async () => void await loadSqlite(), 'sends': measureSends, 'pages': measurePages, 'first-sync': measureFirstSync, 'search': measureSearch }

self.addEventListener('message', ({ data, ports }: MessageEvent<{ name: keyof typeof measures, request: never }>) => {
  void measures[data.name](data.request).then(
    (answer) => ports[0]?.postMessage({ answer }),
    (cause: unknown) => ports[0]?.postMessage({ error: cause instanceof Error ? cause.stack : String(cause) }),
  )
})
