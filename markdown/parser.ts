import MarkdownIt from 'markdown-it'
import cjkFriendly from 'markdown-it-cjk-friendly'
import { addBlockTags } from './block-tags'
import { addCallouts } from './callouts'
import { addDirections } from './direction'
import { addElements } from './elements'
import { addFootnotes } from './footnotes'
import { addInlineTags } from './inline-tags'
import { addLinks } from './links'
import { addMath } from './math-rules'
import { addTaskLists } from './task-lists'

/**
 * The parser of every message, on either side. Safe by construction: raw HTML is never passed on, links are http, https and mailto,
 * and no image is fetched. What it emits needs no cleaning, so it works where there is no DOM to clean with.
 */
export function createParser(): MarkdownIt {
  const parser = new MarkdownIt({ html: false, linkify: true })
  parser.use(cjkFriendly)
  addLinks(parser)
  addElements(parser)
  addMath(parser)
  addInlineTags(parser)
  addBlockTags(parser)
  addTaskLists(parser)
  addFootnotes(parser)
  addCallouts(parser)
  addDirections(parser)
  return parser
}
