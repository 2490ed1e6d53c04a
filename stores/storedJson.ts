import { z } from 'zod'

const jsonText = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text)
  }
  catch (cause) {
    context.addIssue({ code: 'custom', message: 'not JSON', params: { cause } })
    return z.NEVER
  }
})

/** What localStorage holds under a key; null when there is nothing, or something of another shape. */
export function readStored<T>(key: string, schema: z.ZodType<T>): T | null {
  const parsed = jsonText.pipe(schema).safeParse(localStorage.getItem(key))
  return parsed.success ? parsed.data : null
}
