import type { SecretsDatabase } from './store'

const secretName = 'openrouter'
const wrapName = 'secrets'

/** `sk-or-v1-12…cdef`: enough to tell two keys apart, no more. */
export function maskKey(key: string): string {
  if (key.length < 20) return `${key.slice(0, 2)}…`
  return `${key.slice(0, 11)}…${key.slice(-4)}`
}

/**
 * The OpenRouter key, wrapped at rest by an AES-GCM key that never leaves the browser's own store. That keeps it out of a plain copy of
 * the files and of a careless log; it does not protect against script on our origin, which is the CSP's work.
 */
export function createOpenRouterKey(database: SecretsDatabase, crypto: Crypto, now: () => number) {
  async function wrapKey(): Promise<CryptoKey> {
    const found = await database.wraps.get(wrapName)
    if (found) return found.key
    const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
    // Two tabs may come here at once: the first one's key stays.
    return database.transaction('rw', database.wraps, async () => {
      const other = await database.wraps.get(wrapName)
      if (other) return other.key
      await database.wraps.put({ name: wrapName, key })
      return key
    })
  }

  return {
    async save(secret: string): Promise<void> {
      const key = await wrapKey()
      const iv = crypto.getRandomValues(new Uint8Array(12))
      const data = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, new TextEncoder().encode(secret))
      await database.secrets.put({ name: secretName, iv, data, hint: maskKey(secret), savedAt: now() })
    },
    /** The key itself, for one run's request. Null without one, and when its wrap is gone. */
    async read(): Promise<string | null> {
      const [row, wrap] = await Promise.all([database.secrets.get(secretName), database.wraps.get(wrapName)])
      if (!row || !wrap) return null
      const data = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: row.iv as BufferSource }, wrap.key, row.data)
      return new TextDecoder().decode(data)
    },
    async state(): Promise<{ masked: string | null, savedAt: number | null }> {
      const row = await database.secrets.get(secretName)
      return { masked: row?.hint ?? null, savedAt: row?.savedAt ?? null }
    },
    async clear(): Promise<void> {
      await database.secrets.delete(secretName)
    },
  }
}
export type OpenRouterKey = ReturnType<typeof createOpenRouterKey>
