/**
 * Everything the app keeps in a browser, whole: `Delete local data` goes by this list, and a test holds the source against it. A name
 * that ends in `*` is a beginning. Nothing else is written there; cookies are not used.
 */
export const localData = {
  /** Drafts, attachments, edits, models, this device's settings (`holdfast:*`); the theme is kept by the framework. */
  localStorage: ['holdfast:*', 'nuxt-color-mode'],
  /** A login on its way; the framework's notes on a reload. */
  sessionStorage: ['holdfast:*', 'nuxt:*'],
  /** Identity, token, key and unsent changes; attachments where there are no files. */
  indexedDB: ['holdfast', 'holdfast-blobs'],
  /** In the origin's private file system: the databases' pool and the attachments; the others are empty and gone at once. */
  files: ['holdfast', 'holdfast-blobs', 'probe-*', 'blob-probe-*'],
  /** The app's own code, for a start without a network. It holds nothing of a person, and stays. */
  caches: ['holdfast-build-*', 'workbox-precache-*'],
} as const

/** In localStorage: which deletion of local data was the last. A page that began before it writes nothing any more. */
export const deletionMark = 'holdfast:deleted'

export const isListed = (names: readonly string[], name: string): boolean =>
  names.some((listed) => (listed.endsWith('*') ? name.startsWith(listed.slice(0, -1)) : name === listed))
