/** Where only the server's routes live: no page is there, and the service worker answers none of it. */
const names = ['auth/spsk', 'push', 'pull', 'sync', 'snapshot', 'run_thread', 'blob', 'openrouter', 'api', 'healthz', 'fingerprint', 'aside', 'share-keys', 'share-audit']

/** True of an address, with its query or without, that is such a route's. */
export const serverPath = new RegExp(`^/(?:${names.join('|')})(?:[/?]|$)`)
