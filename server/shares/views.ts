import type { Database } from '../sql/schema'

/** One reader counts once in half an hour, however often the page is loaded. */
const sameReaderMs = 30 * 60 * 1000
const remembered = 10_000

/** Counts who opened a share. Addresses are remembered in memory only, and no longer than the count needs. */
export function createViews({ database, now }: { database: Database, now(): number }) {
  const seen = new Map<string, number>()
  return {
    async count(share: string, address: string): Promise<void> {
      const key = `${share} ${address}`
      const at = now()
      const last = seen.get(key)
      if (last !== undefined && at - last < sameReaderMs) return
      seen.delete(key)
      seen.set(key, at)
      for (const [oldest, time] of seen) {
        if (seen.size <= remembered && at - time < sameReaderMs) break
        seen.delete(oldest)
      }
      await database.updateTable('share').set((row) => ({ views: row('views', '+', 1) })).where('id', '=', share).execute()
    },
  }
}
