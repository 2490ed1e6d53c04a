import { appendInput, type PartDelta } from './part'

/**
 * Takes streamed entries in their order and gives as few as say the same. Its cost is that of the entries, however many
 * there are.
 */
export interface DeltaMerger {
  add(entries: Iterable<PartDelta>): void
  /** One entry for each part that was touched. Later `add`s leave it alone. */
  result(): PartDelta[]
}

export function createDeltaMerger(): DeltaMerger {
  const merged = new Map<number, PartDelta>()
  return {
    add(entries) {
      for (const entry of entries) {
        const before = merged.get(entry.index)
        if (before) mergeInto(before, entry)
        else merged.set(entry.index, mergeInto({ index: entry.index, type: entry.type }, entry))
      }
    },
    result: () => Array.from(merged.values(), (entry) => ({ ...entry })),
  }
}

/**
 * Entries of many steps as few: applied to parts they give the same. Texts and inputs of one part are joined, other
 * members replaced.
 */
export function mergeDeltas(entries: Iterable<PartDelta>): PartDelta[] {
  const merger = createDeltaMerger()
  merger.add(entries)
  return merger.result()
}

function mergeInto(merged: PartDelta, { text, append, ...members }: PartDelta): PartDelta {
  Object.assign(merged, members)
  if (text !== undefined) merged.text = (merged.text ?? '') + text
  // An input that is given whole takes the place of what was appended before.
  if ('input' in members) delete merged.append
  if (!append) return merged
  if ('input' in merged) merged.input = appendInput(merged.input, append.input)
  else merged.append = { input: appendInput(merged.append?.input, append.input) }
  return merged
}
