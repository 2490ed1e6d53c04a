import { z } from 'zod'
import { messageIdSchema, threadIdSchema } from './ids'

/** A thread row as the app reads it. `parent_*` say where a branch came from, no more. */
export const threadSchema = z.object({
  id: threadIdSchema,
  title: z.string(),
  pinned: z.boolean(),
  archived: z.boolean(),
  model: z.string().nullable(),
  system_prompt: z.string().nullable(),
  active_leaf: messageIdSchema.nullable(),
  parent_thread: threadIdSchema.nullable(),
  parent_message: messageIdSchema.nullable(),
  deleted: z.boolean(),
  created_at: z.number().int(),
})
export type Thread = z.infer<typeof threadSchema>

const longestTitle = 60

/** The first line that says something, code only where there is nothing else. */
function firstLine(text: string): string {
  let code: string | null = null
  let firstOfCode = ''
  // A title is at the start of a text; of a long one the rest is not looked at.
  for (const line of text.slice(0, 10_000).split('\n')) {
    const fence = /^\s*(`{3,}|~{3,})/.exec(line)?.[1]
    if (fence !== undefined && (code === null || fence.startsWith(code))) {
      code = code === null ? fence : null
      continue
    }
    const plain = toPlain(line)
    if (/[\p{L}\p{N}\p{S}]/u.test(plain)) {
      if (code === null) return plain
      firstOfCode ||= line.trim()
    }
  }
  return firstOfCode || text.slice(0, 200).trim()
}

/** A line without Markdown's marks, addresses and who is spoken to. */
const toPlain = (line: string): string => line.slice(0, 1_000)
  .replace(/^\s*(?:>\s?)*/, '').replace(/^(?:#{1,6}|[-*+]|\d{1,9}[.)])\s+/, '').replace(/^\[[ xX]\]\s/, '')
  .replace(/!?\[([^\]]*)\]\([^()\s]*\)/g, '$1')
  .replace(/\bhttps?:\/\/([^\s/?#]+)[^\s]*/g, '$1')
  .replace(/^(?:@[\p{L}\p{N}][\p{L}\p{N}._/:-]*[,:]?\s+)+/u, '')
  .replace(/(\*\*|__|~~)(?=\S)(.*?\S)\1/g, '$2').replace(/(?<![\p{L}\p{N}*_])([*_])(?=\S)([^*_]*\S)\1(?![\p{L}\p{N}*_])/gu, '$2').replace(/`+([^`]+)`+/g, '$1')

/** A thread's first title: the first words of its first message, plain, shortened at a word. */
export function textToTitle(text: string): string {
  const line = firstLine(text).replace(/\s+/g, ' ').trim()
  if (line.length <= longestTitle) return line || 'New chat'
  const cut = line.slice(0, longestTitle).replace(/[\ud800-\udbff]$/, '')
  return `${cut.slice(0, Math.max(cut.lastIndexOf(' '), 40)).replace(/[\ud800-\udbff]$/, '').trimEnd()}…`
}
