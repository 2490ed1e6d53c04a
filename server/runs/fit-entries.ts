import type { Part, PartDelta } from '~/shared/domain/part'
import { byteLength } from '~/shared/sync/change'

const sizeOf = (value: unknown): number => byteLength(JSON.stringify(value))

/**
 * Bytes that an entry takes at most, by its length: no character takes more than six. Known without writing it for one that only writes on, as
 * nearly every step of a reply does.
 */
function mostOf({ index: _index, type, text = '', append, ...members }: PartDelta): number {
  if (Object.keys(members).length > 0) return Number.POSITIVE_INFINITY
  return 64 + 6 * (type.length + text.length + (append?.input.length ?? 0))
}

/** The entries for which there is room, in bytes of JSON; of a text that does not fit whole, its beginning. */
export function fitEntries(entries: readonly PartDelta[], room: number): { taken: PartDelta[], isWhole: boolean } {
  if (entries.reduce((most, entry) => most + mostOf(entry), 0) <= room) return { taken: [...entries], isWhole: true }
  const taken: PartDelta[] = []
  let left = room
  for (const entry of entries) {
    const size = sizeOf(entry)
    if (size <= left) {
      taken.push(entry)
      left -= size
      continue
    }
    const begun = beginningOf(entry, left)
    if (begun) taken.push(begun)
    return { taken, isWhole: false }
  }
  return { taken, isWhole: true }
}

function beginningOf(entry: PartDelta, room: number): PartDelta | null {
  const text = entry.text ?? entry.append?.input
  const rest = room - sizeOf(entry.text === undefined ? { ...entry, append: { input: '' } } : { ...entry, text: '' })
  if (text === undefined || rest <= 0) return null
  // No character takes more than six bytes of JSON, and most take one: the cut is found by halving.
  let kept = Math.min(text.length, rest)
  while (kept > 0 && sizeOf(text.slice(0, kept)) > rest) kept = Math.floor(kept * 0.75)
  if (/[\uD800-\uDBFF]/.test(text.charAt(kept - 1))) kept--
  if (kept === 0) return null
  return entry.text === undefined ? { ...entry, append: { input: text.slice(0, kept) } } : { ...entry, text: text.slice(0, kept) }
}

/** The parts that fit into `most` bytes of JSON, from the first on: what an earlier build let grow too long is kept as far as a row takes it. */
export function fitParts(parts: readonly Part[], most: number): readonly Part[] {
  if (sizeOf(parts) <= most) return parts
  const entries = parts.map((part, index): PartDelta => ({ ...part, index }))
  return fitEntries(entries, most).taken.map(({ index: _index, ...part }) => part as Part)
}
