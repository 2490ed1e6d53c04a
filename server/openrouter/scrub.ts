const openrouterKey = /sk-or-[\w-]*/g
/** Names of models, calls, providers and sources: what is longer is none. */
const longestName = 200
const marker = 'sk-or-'
const mask = `${marker}…`

/** Takes the key of a run, and whatever looks like a key of OpenRouter, out of what the provider says (design.md, Security). */
export interface Scrubber {
  text(text: string): string
  /** A name, or words, of so many characters at most: scrubbed before it is cut, since half a key would not be known for one. */
  cut(text: string, longest?: number): string
  /** `text` on every string of a value, keys included. */
  json<T>(value: T): T
  /** A file's bytes, masked in place and of the same length: a picture's text chunks are the provider's words too. */
  bytes(bytes: Uint8Array): Uint8Array
  /** For a text that comes in pieces: no piece sequence ever spells the key. */
  stream(): ScrubStream
}
export interface ScrubStream {
  push(text: string): string
  /** What was held back at the end. */
  flush(): string
}

/** What takes a key, and whatever looks like one, out of a provider's words. `key` is null where none was sent. */
export function createScrubber(key: string | null): Scrubber {
  // The pattern finds OpenRouter's own keys; only another kind is looked for letter by letter.
  const literal = key && !/^sk-or-[\w-]*$/.test(key) ? key : null
  const text = (value: string): string => {
    const without = literal ? value.replaceAll(literal, '…') : value
    return without.includes(marker) ? without.replace(openrouterKey, mask) : without
  }
  const json = <T>(value: T): T => {
    if (typeof value === 'string') return text(value) as T
    if (Array.isArray(value)) return value.map((item: unknown) => json(item)) as T
    if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([name, item]) => [text(name), json(item)])) as T
    return value
  }
  return { text, cut: (value, longest = longestName) => text(value).slice(0, longest), json, bytes: (bytes) => scrubBytes(bytes, literal), stream: () => createScrubStream(literal) }
}

function scrubBytes(bytes: Uint8Array, literal: string | null): Uint8Array {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const found: [start: number, end: number][] = []
  for (let at = view.indexOf(marker); at !== -1; at = view.indexOf(marker, at + marker.length)) {
    let end = at + marker.length
    while (end < view.length && /[\w-]/.test(String.fromCharCode(view[end]!))) end++
    found.push([at + marker.length, end])
  }
  for (let at = literal ? view.indexOf(literal) : -1; literal && at !== -1; at = view.indexOf(literal, at + 1)) found.push([at, at + Buffer.byteLength(literal)])
  if (found.length === 0) return bytes
  const masked = Buffer.from(view)
  for (const [start, end] of found) masked.fill('x', start, end)
  return masked
}

/**
 * Two rules for streamed text. `sk-or-` itself is no secret, so it passes at once and what follows it in the same word is dropped.
 * An end that could be the beginning of any other key is held back until it is known not to be one.
 */
function createScrubStream(literal: string | null): ScrubStream {
  /** The last characters given out, in which a marker or key may have begun. */
  let tail = ''
  let dropping = false
  let held = ''

  const emitMarked = (text: string): string => {
    let out = ''
    let rest = text
    while (rest) {
      if (dropping) {
        const end = rest.search(/[^\w-]/)
        if (end === -1) return out
        rest = rest.slice(end)
        dropping = false
        tail = ''
      }
      const joined = tail + rest
      const at = joined.indexOf(marker)
      if (at === -1) {
        tail = joined.slice(-(marker.length - 1))
        return out + rest
      }
      const end = Math.max(at + marker.length - tail.length, 0)
      out += `${rest.slice(0, end)}…`
      rest = rest.slice(end)
      tail = ''
      dropping = true
    }
    return out
  }

  /** How much of the key the text's end could be the beginning of. */
  const beginning = (text: string, secret: string): number => {
    for (let length = Math.min(text.length, secret.length - 1); length > 0; length--) if (secret.startsWith(text.slice(-length))) return length
    return 0
  }

  const withoutLiteral = (text: string, last: boolean): string => {
    if (!literal) return text
    const all = (held + text).replaceAll(literal, '…')
    const open = last ? 0 : beginning(all, literal)
    held = all.slice(all.length - open)
    return all.slice(0, all.length - open)
  }

  /** Half a character at the end of a piece waits for its other half. */
  let half = ''
  const whole = (text: string): string => {
    const all = half + text
    half = /[\uD800-\uDBFF]$/.test(all) ? all.slice(-1) : ''
    return half ? all.slice(0, -1) : all
  }

  return {
    push: (text) => emitMarked(withoutLiteral(whole(text), false)),
    flush: () => emitMarked(withoutLiteral(half, true)),
  }
}
