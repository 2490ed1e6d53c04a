/** Replaces what PostgreSQL and UTF-8 refuse, U+0000 and lone surrogates, by U+FFFD (sync.md §1). */
export function cleanText(text: string): string {
  return /[\u0000\uD800-\uDFFF]/.test(text)
    ? text.replace(/\u0000|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, '\uFFFD')
    : text
}

/** The value of a JSON text; undefined for a text that is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue }

/** `cleanText` on every string of a JSON value, keys included. */
export function cleanJson<T>(value: T): T {
  if (typeof value === 'string') return cleanText(value) as T
  if (Array.isArray(value)) return value.map((item) => cleanJson(item)) as T
  if (value && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [cleanText(key), cleanJson(item)])) as T
  }
  return value
}

/** Whether `cleanJson` would leave a JSON value as it is. */
export function isCleanJson(value: unknown): boolean {
  if (typeof value === 'string') return cleanText(value) === value
  if (Array.isArray(value)) return value.every(isCleanJson)
  if (value && typeof value === 'object') return Object.entries(value).every(([key, item]) => cleanText(key) === key && isCleanJson(item))
  return true
}
