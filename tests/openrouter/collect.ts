import { appendDeltas, type Part, type PartDelta } from '~/shared/domain/part'
import { readChat, type ChatOutcome } from '~/server/openrouter/chat-stream'
import type { ReplyImage } from '~/server/openrouter/part-assembler'
import { createScrubber } from '~/server/openrouter/scrub'

export interface Collected extends ChatOutcome { parts: Part[], entries: PartDelta[], images: ReplyImage[] }

/** Reads an answer to its end and keeps what came. An image becomes a part that says its size. */
export async function collect(response: Response, { key = null, before = [], idleMs = 5_000 }: { key?: string | null, before?: Part[], idleMs?: number } = {}): Promise<Collected> {
  const entries: PartDelta[] = []
  const images: ReplyImage[] = []
  const outcome = await readChat(response, {
    parts: (more) => { entries.push(...more) },
    image: async (image) => {
      images.push(image)
      entries.push({ index: image.index, type: 'file', mime: image.mime, size: image.bytes.length })
    },
  }, { scrubber: createScrubber(key), now: () => 0, idleMs, before })
  return { ...outcome, entries, images, parts: appendDeltas(before, entries) }
}

/** An answer whose bytes come in the given pieces. */
export function responseOf(pieces: Iterable<Uint8Array>, headers: Record<string, string> = { 'content-type': 'text/event-stream' }): Response {
  const iterator = pieces[Symbol.iterator]()
  return new Response(new ReadableStream({
    pull(controller) {
      const { done, value } = iterator.next()
      if (done) controller.close()
      else controller.enqueue(new Uint8Array(value))
    },
  }), { headers })
}
