import { createParser } from 'eventsource-parser'
import type { Usage } from '~/shared/domain/message'
import type { Part, PartDelta } from '~/shared/domain/part'
import type { HoldfastError } from '~/shared/errors'
import { chunkSchema, type Chunk, type ProviderUsage } from './chat-chunk'
import { createPartAssembler, type Assembled, type ReplyImage } from './part-assembler'
import { connectionError, filteredError, timeoutError, toProviderError } from './provider-error'
import { readText } from './read-text'
import type { Scrubber } from './scrub'

/** Where the parts of an answer go as they arrive. */
export interface ChatSink {
  parts(entries: PartDelta[]): void
  /** Resolves when the image is stored; the stream waits for it. */
  image(image: ReplyImage): Promise<void>
}

/** How an answer ended. What had arrived was given to the sink in either case. */
export interface ChatOutcome {
  error: HoldfastError | null
  usage: Usage | null
  /** The model that served, if it said so. */
  model: string | null
}

export interface ReadOptions {
  scrubber: Scrubber
  now: () => number
  /** Ends the wait when not even a comment has come for so long. */
  idleMs: number
  /** Parts of an unfinished reply that this one goes on from. */
  before?: readonly Part[]
}

/** A frame may hold an image of many megabytes; beyond this the provider is not making sense. */
const longestFrame = 128 * 1024 * 1024

/** Reads a 2xx answer of `POST /chat/completions`, streamed or not, to its end. Never throws for what the provider does. */
export async function readChat(response: Response, sink: ChatSink, options: ReadOptions): Promise<ChatOutcome> {
  const reading = createReading(sink, options)
  const { body } = response
  if (!body) return reading.end(connectionError('cut', 'The provider sent an empty answer.'))
  if (response.headers.get('content-type')?.includes('json')) {
    const text = await readText(response, { limit: longestFrame, ms: options.idleMs })
    if (text === null) return reading.end(connectionError('broken', 'The connection to the provider broke.'))
    await reading.frame(text)
    return reading.end(null)
  }

  const frames: string[] = []
  let oversized = false
  const parser = createParser({
    onEvent: (event) => frames.push(event.data),
    onError: (error) => { oversized ||= error.type === 'max-buffer-size-exceeded' },
    maxBufferSize: longestFrame,
  })
  const decoder = new TextDecoder()
  const reader = body.getReader()
  let idle = false
  const timer = setTimeout(() => {
    idle = true
    void reader.cancel().catch(() => undefined)
  }, options.idleMs)
  try {
    for (;;) {
      // undici's words on a broken socket say nothing to a person; that it broke does.
      const piece = await reader.read().catch(() => null)
      if (!piece) return reading.end(connectionError('broken', 'The connection to the provider broke.'))
      if (piece.done) break
      timer.refresh()
      parser.feed(decoder.decode(piece.value, { stream: true }))
      if (oversized) return reading.end(connectionError('malformed', 'The provider sent a frame that is too large.'))
      for (const frame of frames.splice(0)) if (await reading.frame(frame) === 'over') return reading.end(null)
    }
    return reading.end(idle ? timeoutError(Math.round(options.idleMs / 1000)) : null)
  } finally {
    clearTimeout(timer)
    void reader.cancel().catch(() => undefined)
  }
}

/** The state of one answer: takes frames, says when the last one came. */
function createReading(sink: ChatSink, { scrubber, now, before }: ReadOptions) {
  const assembler = createPartAssembler({ scrubber, now, before })
  let finish: string | null = null
  let error: HoldfastError | null = null
  let usage: Usage | null = null
  let model: string | null = null

  const take = async ({ parts, images }: Assembled): Promise<void> => {
    if (parts.length > 0) sink.parts(parts)
    for (const image of images) await sink.image(image)
  }

  return {
    async frame(data: string): Promise<'over' | 'more'> {
      if (data === '[DONE]') return 'over'
      const chunk = parseChunk(data)
      if (!chunk) return 'more'
      if (chunk.model) model = scrubber.text(chunk.model)
      if (chunk.usage) usage = toUsage(chunk.usage)
      const choice = chunk.choices?.[0]
      const delta = choice?.delta ?? choice?.message
      if (delta) await take(assembler.add(delta))
      if (choice?.finish_reason) finish = scrubber.text(choice.finish_reason)
      const refusal = chunk.error ?? choice?.error
      if (refusal) {
        error = toProviderError({ body: refusal }, scrubber)
        return 'over'
      }
      return 'more'
    },
    /** `failure` is how the connection ended, if it did not end well; a finish seen before outweighs it. */
    end(failure: HoldfastError | null): ChatOutcome {
      const rest = assembler.end()
      if (rest.length > 0) sink.parts(rest)
      if (usage && finish && finish !== 'stop') usage = { ...usage, finish }
      return { error: error ?? outcomeOf(finish, failure), usage, model }
    },
  }
}

function outcomeOf(finish: string | null, failure: HoldfastError | null): HoldfastError | null {
  if (finish === 'content_filter') return filteredError()
  if (finish === 'error') return connectionError('cut', 'The provider ended the answer with an error.')
  if (finish) return null
  return failure ?? connectionError('cut', 'The answer was cut off before its end.')
}

/** A frame that is not JSON, or nothing like a chunk, is passed over: the end decides whether the answer is whole. */
function parseChunk(data: string): Chunk | null {
  try {
    const parsed = chunkSchema.safeParse(JSON.parse(data))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

/** Both forms of usage carry the same members. Tokens that are not counted are 0, a cost that is not told stays away. */
function toUsage(usage: ProviderUsage): Usage {
  const reasoning = usage.completion_tokens_details?.reasoning_tokens
  const cached = usage.prompt_tokens_details?.cached_tokens
  const cost = usage.cost
  return {
    promptTokens: Math.max(0, usage.prompt_tokens ?? 0),
    completionTokens: Math.max(0, usage.completion_tokens ?? 0),
    reasoningTokens: Math.max(0, reasoning ?? 0),
    cachedTokens: Math.max(0, cached ?? 0),
    ...(typeof cost === 'number' ? { cost, currency: 'USD' } : {}),
  }
}
