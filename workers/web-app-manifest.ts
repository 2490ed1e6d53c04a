/** The web app manifest: what an installed Holdfast is called and looks like. */
export const webAppManifest = {
  id: '/',
  name: 'Holdfast',
  short_name: 'Holdfast',
  description: 'A local-first AI chat workspace. Your threads live on your devices.',
  start_url: '/',
  scope: '/',
  display: 'standalone' as const,
  background_color: '#fafaf9',
  theme_color: '#fafaf9',
  categories: ['productivity', 'utilities'],
  icons: [
    { src: '/icons/icon-192.png', sizes: '192x192', type: 'image/png' },
    { src: '/icons/icon-512.png', sizes: '512x512', type: 'image/png' },
    { src: '/icons/icon-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' as const },
    { src: '/icons/icon.svg', sizes: 'any', type: 'image/svg+xml' },
  ],
  shortcuts: [{ name: 'New chat', url: '/', icons: [{ src: '/icons/icon-192.png', sizes: '192x192' }] }],
}
