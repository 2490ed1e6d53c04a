import { z } from 'zod'

/** Replaces every occurrence of `find`, letter for letter, in whatever a share would show. */
export const redactionSchema = z.object({ find: z.string().min(1).max(500), replace: z.string().max(500).default('') })
export type Redaction = z.infer<typeof redactionSchema>

/** Applies redactions to a text in their order. The preview and the published copy both go through here, so they cannot differ. */
export function redactText(text: string, redactions: readonly Redaction[]): string {
  let result = text
  for (const { find, replace } of redactions) result = result.replaceAll(find, () => replace)
  return result
}

/** `redactText` on every string of a JSON value, names of members included. */
export function redactJson<T>(value: T, redactions: readonly Redaction[]): T {
  if (redactions.length === 0) return value
  if (typeof value === 'string') return redactText(value, redactions) as T
  if (Array.isArray(value)) return value.map((item) => redactJson(item, redactions)) as T
  if (value && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [redactText(key, redactions), redactJson(item, redactions)])) as T
  }
  return value
}
