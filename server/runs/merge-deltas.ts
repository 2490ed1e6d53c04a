import type { PartDelta } from '~/shared/domain/part'

/** One numbered step of a run. */
export interface RunEvent { seq: number, parts: PartDelta[] }

/** Entries of many steps as few: applied to parts they give the same. Texts of one part are joined, other members replaced. */
export function mergeDeltas(events: Iterable<RunEvent>): PartDelta[] {
  const texts = new Map<number, string[]>()
  const entries = new Map<number, PartDelta>()
  for (const { parts } of events) {
    for (const entry of parts) {
      const before = entries.get(entry.index)
      entries.set(entry.index, before ? { ...before, ...entry } : { ...entry })
      if (entry.text === undefined) continue
      const pieces = texts.get(entry.index)
      if (pieces) pieces.push(entry.text)
      else texts.set(entry.index, [entry.text])
    }
  }
  for (const [index, pieces] of texts) {
    const entry = entries.get(index)
    if (entry) entry.text = pieces.join('')
  }
  return [...entries.values()]
}
