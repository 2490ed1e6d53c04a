import { setImmediate } from 'node:timers/promises'
import { isWithinDepth } from '~/shared/domain/bounds'
import { itemToKey, withoutConfiguration } from './item'
import { isRecord } from './record'
import type { StoredItem } from './store'
import { itemSchema, type ItemRejection } from './wire'

export interface Batch {
  /** By key, the last of each. */
  items: Map<string, StoredItem>
  rejected: ItemRejection[]
  /** The title of the batch's session, if it has one. */
  title?: string
}

/** How long, in ms, items are looked at before others have their turn. */
const turnMs = 15

/** Turns what a client sent into rows, in turns: each item stands alone, one that cannot be placed is left out and named. */
export async function admitItems(data: readonly unknown[]): Promise<Batch> {
  const batch: Batch = { items: new Map(), rejected: [] }
  let began = performance.now()
  for (const [index, raw] of data.entries()) {
    if (performance.now() - began > turnMs) {
      await setImmediate()
      began = performance.now()
    }
    admit(batch, raw, index)
  }
  return batch
}

function admit(batch: Batch, raw: unknown, index: number): void {
  const refuse = (message: string) => void batch.rejected.push({ index, message })
  const parsed = itemSchema.safeParse(raw)
  if (!parsed.success) return refuse('An item is { type, data }')
  const key = itemToKey(parsed.data)
  if (key === null) return refuse(`An item of type ${parsed.data.type} has no usable id`)
  const item = withoutConfiguration(parsed.data)
  if (!isWithinDepth(item.data)) return refuse('An item is nested too deeply')
  // JSON escapes U+0000 and lone surrogates, so its text fits any database.
  batch.items.set(key, { key, type: item.type, data: JSON.stringify(item.data) })
  if (item.type === 'session' && isRecord(item.data) && typeof item.data.title === 'string') batch.title = item.data.title
}
