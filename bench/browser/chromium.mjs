// Chromium with a profile on disk, for only such a one has real files, and in it the page that runs our database modules by themselves.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from '@playwright/test'
import { build } from 'esbuild'
import { findChromium } from '../../scripts/browser.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const page = `<!doctype html><title>bench</title><script type="module">
  const worker = new Worker('/bench/device.js', { type: 'module' })
  worker.onerror = (event) => console.error(event.message)
  window.measure = (name, request) => new Promise((resolve, reject) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data.answer))
    worker.postMessage({ name, request }, [port2])
  })
</script>`

/** A person's browser, quit and removed by `close`. */
export async function openBrowser(url) {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-bench-'))
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: findChromium(), baseURL: url, viewport: { width: 1280, height: 800 },
    // A page that did not come over the network may not otherwise open a socket to this machine.
    permissions: ['local-network-access'],
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--no-first-run'],
  })
  context.on('weberror', (error) => console.error(error.error()))
  return {
    context,
    async close() {
      await context.close()
      await rm(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** The bench page at the app's own origin, so that it may talk to the server; answers how a measure of the worker is asked for. */
export async function openBenchPage(context) {
  const { outputFiles: [script] } = await build({
    entryPoints: [join(root, 'bench/browser/device.worker.ts')], bundle: true, write: false, format: 'esm', target: 'es2022', minify: true, logLevel: 'error', alias: { '~': root },
  })
  const files = new Map([
    ['/bench/', ['text/html', page]],
    ['/bench/device.js', ['text/javascript', Buffer.from(script.contents)]],
    ['/bench/sqlite3.wasm', ['application/wasm', await readFile(join(root, 'node_modules/@sqlite.org/sqlite-wasm/dist/sqlite3.wasm'))]],
  ])
  await context.route('**/bench/**', (route) => {
    const [contentType, body] = files.get(new URL(route.request().url()).pathname) ?? []
    if (!body) return route.abort()
    return route.fulfill({ contentType, body })
  })
  const tab = await context.newPage()
  await tab.goto('/bench/')
  const measure = (name, request) => tab.evaluate(([asked, given]) => window.measure(asked, given), [name, request])
  await measure('load')
  // From here on nothing stands between the page and the server.
  await context.unroute('**/bench/**')
  return measure
}
