import type Token from 'markdown-it/lib/token.mjs'
import type { Environment, RenderOptions } from './environment'
import { createParser } from './parser'

const parser = createParser()

/** One top-level piece of a text: a paragraph, a list, a code block. `source` tells whether it changed. */
export interface Block {
  readonly source: string
  readonly tokens: Token[]
}

interface Parsed { blocks: Block[], starts: number[], hasDefinitions: boolean }

function parse(text: string): Parsed {
  const env: Environment = {}
  const tokens = parser.parse(text, env)
  const groups: { from: number, until: number, line: number }[] = []
  let depth = 0
  tokens.forEach((token, index) => {
    const last = groups.at(-1)
    const line = token.map?.[0] ?? last?.line ?? 0
    // What begins on one line is one piece, and so are the footnotes, which have none, with the last.
    if (depth === 0 && line !== last?.line) groups.push({ from: index, until: index + 1, line })
    depth += token.nesting
    const group = groups.at(-1)
    if (group) group.until = index + 1
  })
  const starts = offsetsOfLines(text, groups.map(({ line }) => line))
  const blocks = groups.map(({ from, until }, index) => (
    { source: text.slice(starts[index], starts[index + 1]), tokens: tokens.slice(from, until) }
  ))
  return { blocks, starts, hasDefinitions: Object.keys(env.references ?? {}).length > 0 || env.footnotes !== undefined }
}

/** Where each of the ascending `lines` begins in the text. */
function offsetsOfLines(text: string, lines: number[]): number[] {
  const offsets: number[] = []
  let line = 0
  let offset = 0
  for (const wanted of lines) {
    for (; line < wanted; line++) offset = text.indexOf('\n', offset) + 1
    offsets.push(offset)
  }
  return offsets
}

/**
 * A text that grows. While it streams only the last two blocks are read again, because text that is added can change no block before
 * them; the blocks that stand are the same objects as before, so nothing that is finished is painted again. Link definitions and footnotes
 * act on the whole text: with one in it, and at the end, everything is read.
 */
export function createDocument(): { update(text: string, streaming: boolean): Block[] } {
  let text = ''
  let blocks: Block[] = []
  let starts: number[] = []
  let isPrefixSafe = false

  return {
    update(raw, streaming) {
      const next = raw.replace(/\r\n?/g, '\n')
      const grows = streaming && isPrefixSafe && blocks.length > 2 && next.startsWith(text)
      const kept = grows ? blocks.length - 2 : 0
      const from = starts[kept] ?? 0
      const parsed = parse(grows ? next.slice(from) : next)
      const reusable = !parsed.hasDefinitions && isPrefixSafe
      const fresh = parsed.blocks.map((block, index) => {
        const before = blocks[kept + index]
        return reusable && before?.source === block.source ? before : block
      })
      blocks = [...blocks.slice(0, kept), ...fresh]
      starts = [...starts.slice(0, kept), ...parsed.starts.map((start) => start + (grows ? from : 0))]
      isPrefixSafe = !parsed.hasDefinitions
      text = next
      return blocks
    },
  }
}

/** The HTML of one block. */
export function renderBlock(block: Block, options: RenderOptions = {}): string {
  const env: Environment = { options }
  return parser.renderer.render(block.tokens, parser.options, env)
}
