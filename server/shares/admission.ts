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

/** Turns what a client sent into rows: each item stands alone, one that cannot be placed is left out and named. */
export function admitItems(data: readonly unknown[]): Batch {
  const batch: Batch = { items: new Map(), rejected: [] }
  data.forEach((raw, index) => {
    const parsed = itemSchema.safeParse(raw)
    if (!parsed.success) return batch.rejected.push({ index, message: 'An item is { type, data }' })
    const key = itemToKey(parsed.data)
    if (key === null) return batch.rejected.push({ index, message: `An item of type ${parsed.data.type} has no usable id` })
    const item = withoutConfiguration(parsed.data)
    if (!isWithinDepth(item.data)) return batch.rejected.push({ index, message: 'An item is nested too deeply' })
    // JSON escapes U+0000 and lone surrogates, so its text fits any database.
    batch.items.set(key, { key, type: item.type, data: JSON.stringify(item.data) })
    if (item.type === 'session' && isRecord(item.data) && typeof item.data.title === 'string') batch.title = item.data.title
  })
  return batch
}
