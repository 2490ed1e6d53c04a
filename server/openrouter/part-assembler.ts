import { boundJson } from '~/shared/domain/bounds'
import type { Part, PartDelta } from '~/shared/domain/part'
import type { Delta, ReasoningDetail } from './chat-chunk'
import { parseDataUrl } from './data-url'
import type { Scrubber, ScrubStream } from './scrub'

/** An image of a reply that waits to be stored; its part has the number `index`. */
export interface ReplyImage { index: number, mime: string, bytes: Uint8Array }
export interface Assembled { parts: PartDelta[], images: ReplyImage[] }

/** No reply has so many parts; a provider that goes on has lost its way. Half of what may be numbered (shared/domain/part.ts). */
const mostReplyParts = 5_000
const isLink = (url: string): boolean => /^https?:\/\//i.test(url)

/** Text goes on in a part of its own after so many characters. */
const longestText = 1024 * 1024

interface OpenPart { kind: 'text' | 'reasoning', index: number, scrub: ScrubStream, since: number, length: number }
interface OpenTool { index: number, type: string, scrub: ScrubStream }

/**
 * Turns the provider's deltas into numbered parts (shared/domain/part.ts). A new part begins where the kind changes; sources stand
 * where they come without breaking the text. A reply that goes on from `before` keeps those parts and writes on in its last text.
 */
export function createPartAssembler(
  { scrubber, now, before = [], toUrl = (url) => url }: { scrubber: Scrubber, now: () => number, before?: readonly Part[], toUrl?: (url: string) => string },
) {
  let next = before.length
  let open: OpenPart | null = before.at(-1)?.type === 'text' ? { kind: 'text', index: next - 1, scrub: scrubber.stream(), since: now(), length: 0 } : null
  const tools = new Map<number, OpenTool>()
  const sources = new Set<string>()
  let details = new Map<string, ReasoningDetail>()
  const isFull = () => next >= mostReplyParts

  /** Ends the open part: what was held back, and for reasoning how long it took and what the provider may want to see again. */
  const close = (out: PartDelta[], goesOn = false): void => {
    if (!open) return
    const rest = goesOn ? '' : open.scrub.flush()
    if (rest) out.push({ index: open.index, type: open.kind, text: rest })
    if (open.kind === 'reasoning') {
      const kept = [...details.values()].filter((detail) => detail.signature || detail.data)
      out.push({ index: open.index, type: 'reasoning', ms: Math.max(0, now() - open.since), ...(kept.length > 0 ? { details: scrubber.json(boundJson(kept)) } : {}) })
      details = new Map()
    }
    open = null
  }

  /** The part that a text goes on in, begun if there is none with room; null when there may be no further one. */
  const openFor = (kind: 'text' | 'reasoning', out: PartDelta[]): OpenPart | null => {
    if (open?.kind === kind && open.length < longestText) return open
    if (isFull()) return null
    // What is held back of a text that goes on belongs to its next part: neither a key nor a character is known by its halves.
    const scrub = open?.kind === kind ? open.scrub : null
    close(out, scrub !== null)
    return open = { kind, index: next++, scrub: scrub ?? scrubber.stream(), since: now(), length: 0 }
  }

  const write = (kind: 'text' | 'reasoning', text: string, out: PartDelta[]): void => {
    for (let at = 0; at < text.length;) {
      const open = openFor(kind, out)
      if (!open) return
      const piece = text.slice(at, at + longestText - open.length)
      at += piece.length
      open.length += piece.length
      const clean = open.scrub.push(piece)
      if (clean) out.push({ index: open.index, type: kind, text: clean })
    }
  }

  const writeTool = (call: NonNullable<Delta['tool_calls']>[number], position: number, out: PartDelta[]): void => {
    const number = call.index ?? position
    let tool = tools.get(number)
    if (!tool) {
      if (isFull()) return
      close(out)
      tool = { index: next++, type: `tool-${scrubber.cut(call.function?.name ?? 'unknown')}`, scrub: scrubber.stream() }
      tools.set(number, tool)
      out.push({ index: tool.index, type: tool.type, ...(call.id ? { toolCallId: scrubber.cut(call.id) } : {}), input: '' })
    }
    const input = call.function?.arguments ? tool.scrub.push(call.function.arguments) : ''
    if (input) out.push({ index: tool.index, type: tool.type, append: { input } })
  }

  const writeImage = (url: string, { parts, images }: Assembled): void => {
    if (isFull()) return
    const data = parseDataUrl(url)
    if (!data && !isLink(url)) return
    close(parts)
    const index = next++
    if (data) images.push({ index, mime: scrubber.text(data.mime), bytes: scrubber.bytes(data.bytes) })
    else parts.push({ index, type: 'source-url', url: scrubber.text(url), title: 'Image' })
  }

  const writeContent = (content: Delta['content'], out: Assembled): void => {
    if (typeof content === 'string') return void (content && write('text', content, out.parts))
    for (const part of content ?? []) {
      const thought = typeof part?.thinking === 'string' ? part.thinking : part?.thinking?.map((piece) => piece.text ?? '').join('')
      if (thought) write('reasoning', thought, out.parts)
      if (part?.text) write('text', part.text, out.parts)
      if (part?.image_url) writeImage(toUrl(part.image_url.url), out)
    }
  }

  return {
    add(delta: Delta): Assembled {
      const out: Assembled = { parts: [], images: [] }
      addDetails(details, delta.reasoning_details ?? [])
      const reasoning = delta.reasoning ?? delta.reasoning_content ?? detailsToText(delta.reasoning_details ?? [])
      if (reasoning) write('reasoning', reasoning, out.parts)
      writeContent(delta.content, out)
      if (delta.refusal) write('text', delta.refusal, out.parts)
      for (const [position, call] of (delta.tool_calls ?? []).entries()) writeTool(call, position, out.parts)
      for (const image of delta.images ?? []) writeImage(toUrl(image.image_url.url), out)
      for (const { url_citation: source } of delta.annotations ?? []) {
        if (!source || sources.has(source.url) || !isLink(source.url) || isFull()) continue
        sources.add(source.url)
        out.parts.push({ index: next++, type: 'source-url', url: scrubber.text(source.url), ...(source.title ? { title: scrubber.cut(source.title) } : {}) })
      }
      return out
    },
    /** Whether the reply has as many parts as one may have: what comes then is not taken. */
    isFull,
    /** What is left when the stream is over, however it ended. */
    end(): PartDelta[] {
      const out: PartDelta[] = []
      close(out)
      for (const tool of tools.values()) {
        const rest = tool.scrub.flush()
        if (rest) out.push({ index: tool.index, type: tool.type, append: { input: rest } })
      }
      return out
    },
  }
}

/** Pieces of one detail share `index` and `type`; a signature comes late, in a piece without text. */
function addDetails(details: Map<string, ReasoningDetail>, pieces: readonly ReasoningDetail[]): void {
  for (const piece of pieces) {
    const key = `${piece.index} ${piece.type}`
    const same = details.get(key)
    if (!same) {
      if (details.size < mostReplyParts) details.set(key, { ...piece })
      continue
    }
    for (const name of ['text', 'summary', 'data'] as const) {
      const more = piece[name]
      if (more) same[name] = (same[name] ?? '') + more
    }
    if (piece.signature) same.signature = piece.signature
  }
}

/** The readable text of details, for a provider that sends no `reasoning` beside them. */
const detailsToText = (details: readonly ReasoningDetail[]): string => details.map((detail) => detail.text ?? detail.summary ?? '').join('')
