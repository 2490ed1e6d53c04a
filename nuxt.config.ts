import { fileURLToPath } from 'node:url'
import { threads } from './scripts/threads.mjs'
import { webAppManifest } from './workers/web-app-manifest'

export default defineNuxtConfig({
  modules: ['@nuxt/ui', '@pinia/nuxt', '@vite-pwa/nuxt', '@nuxt/eslint'],
  // Our own modules are imported by name; only the framework's are automatic.
  imports: { scan: false },
  components: { dirs: [] },
  devtools: { enabled: false },
  app: {
    head: {
      title: 'Holdfast',
      htmlAttrs: { lang: 'en' },
      meta: [
        { name: 'viewport', content: 'width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content' },
        { name: 'description', content: 'A local-first AI chat workspace.' },
        { name: 'theme-color', content: '#fafaf9', media: '(prefers-color-scheme: light)' },
        { name: 'theme-color', content: '#171717', media: '(prefers-color-scheme: dark)' },
      ],
      link: [
        { rel: 'icon', href: '/icons/icon.svg', type: 'image/svg+xml' },
        { rel: 'manifest', href: '/manifest.webmanifest' },
        { rel: 'apple-touch-icon', href: '/icons/apple-touch-icon.png' },
      ],
    },
  },
  css: ['~/assets/styles/main.css'],
  ui: { fonts: false },
  srcDir: '.',
  routeRules: {
    '/**': { ssr: false },
    '/share/**': { ssr: true },
  },
  future: { compatibilityVersion: 4 },
  compatibilityDate: '2026-01-01',
  nitro: {
    // The app's shell, so that the service worker has a page to keep.
    prerender: { routes: ['/'] },
    compressPublicAssets: { gzip: true, brotli: true },
    esbuild: { options: { target: 'es2022' } },
    hooks: { 'rollup:before': (_nitro, config) => { config.plugins = [threads(), config.plugins] } },
  },
  vite: {
    worker: { format: 'es' },
    // A font within the styles would be a data: address, which the content security policy refuses.
    build: { assetsInlineLimit: (file) => (/\.(?:woff2?|ttf)$/.test(file) ? false : undefined) },
    optimizeDeps: { exclude: ['@sqlite.org/sqlite-wasm'] },
  },
  // A part that is gone offers the reload (plugins/update.client.ts) instead of taking it.
  experimental: { appManifest: false, emitRouteChunkError: 'manual' },
  telemetry: false,
  hooks: {
    // Set here because Nuxt's own type of `nitro` does not know it.
    'nitro:config': (config) => { config.experimental = { ...config.experimental, websocket: true } },
    // Not among the options, which the build's own rendering of the shell takes over.
    'nitro:init': ({ options }) => { if (!options.dev) options.entry = fileURLToPath(new URL('server/entry.ts', import.meta.url)) },
  },
  eslint: { config: { stylistic: false } },
  // Every icon is in the bundle: offline there is nobody to ask for one.
  icon: { provider: 'none', fallbackToApi: false, clientBundle: { scan: true, sizeLimitKb: 512 } },
  pinia: { storesDirs: [] },
  pwa: {
    strategies: 'injectManifest',
    srcDir: 'workers',
    filename: 'service-worker.ts',
    registerType: 'prompt',
    manifest: webAppManifest,
    injectManifest: {
      globPatterns: ['**/*.{js,css,html,svg,woff2,wasm}', 'icons/*.png'],
      // A worker of SQLite's that we do not use, and the one grammar as large as the app.
      globIgnores: ['**/sqlite3-worker1-*.js', '**/cpp-*.js'],
      maximumFileSizeToCacheInBytes: 4 * 1024 * 1024,
    },
    // plugins/update.client.ts registers it.
    client: { registerPlugin: false },
  },
})
