import MarkdownIt from 'markdown-it'
import { addElements } from './elements'
import { addMath } from './math-rules'
import { addTaskLists } from './task-lists'

const safeSchemes: readonly string[] = ['http:', 'https:', 'mailto:']

/**
 * A link may lead to the web or to a mailbox and nowhere else: what has another scheme, or none, stays text.
 * The address is read as a browser reads it, so that white space and control characters inside a scheme hide nothing.
 */
export function isSafeLink(address: string): boolean {
  return URL.canParse(address) && safeSchemes.includes(new URL(address).protocol)
}

/**
 * The parser of every message, on either side. Safe by construction: raw HTML is never passed on, links are http, https and mailto,
 * and no image is fetched. What it emits needs no cleaning, so it works where there is no DOM to clean with.
 */
export function createParser(): MarkdownIt {
  const parser = new MarkdownIt({ html: false, linkify: true })
  parser.validateLink = isSafeLink
  // Without a scheme `notes.md` and `main.rs` would become links to other people's domains.
  parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false })
  addElements(parser)
  addMath(parser)
  addTaskLists(parser)
  return parser
}
