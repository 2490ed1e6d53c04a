import { setImmediate as nextTurn } from 'node:timers/promises'
import { createParser } from 'eventsource-parser'
import type { Usage } from '~/shared/domain/message'
import type { Part, PartDelta } from '~/shared/domain/part'
import type { HoldfastError } from '~/shared/errors'
import { chunkSchema, type Chunk, type ProviderUsage } from './chat-chunk'
import { createLifter, type Lifter } from './lift-data-urls'
import { createPartAssembler, type Assembled, type ReplyImage } from './part-assembler'
import { connectionError, filteredError, timeoutError, tooLargeError, tooManyPartsError, toProviderError } from './provider-error'
import { readPieces, ReadFailure } from './read-text'
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

/** A frame, its pictures taken out; beyond this the provider is not making sense, and parsing it would hold everyone's turn. */
const longestFrame = 4 * 1024 * 1024
/** How long, in ms, frames that came together are read before others have their turn. */
const longestTurn = 5

/** Reads a 2xx answer of `POST /chat/completions`, streamed or not, to its end. Never throws for what the provider does. */
export async function readChat(response: Response, sink: ChatSink, options: ReadOptions): Promise<ChatOutcome> {
  const lifter = createLifter()
  const reading = createReading(sink, lifter, options)
  if (!response.body) return reading.end(connectionError('cut', 'The provider sent an empty answer.'))
  const frames = response.headers.get('content-type')?.includes('json') ? createWholeBody() : createEventFrames()
  const decoder = new TextDecoder()
  const pieces = readPieces(response.body, options.idleMs)
  let since = performance.now()
  try {
    for await (const piece of pieces) {
      frames.push(lifter.push(decoder.decode(piece, { stream: true })))
      if (frames.isTooLarge() || lifter.isTooLarge()) return reading.end(tooLargeError())
      for (const frame of frames.take()) {
        if (await reading.frame(frame) === 'over') return reading.end(null)
        if (performance.now() - since < longestTurn) continue
        await nextTurn()
        since = performance.now()
      }
    }
    for (const frame of frames.end(lifter.push(decoder.decode(), true))) await reading.frame(frame)
    return reading.end(null)
  } catch (error) {
    if (!(error instanceof ReadFailure)) throw error
    return reading.end(error.reason === 'late' ? timeoutError(Math.round(options.idleMs / 1000)) : connectionError('broken', 'The connection to the provider broke.'))
  }
}

/** An answer cut into what is parsed at once. */
interface Frames {
  push(text: string): void
  take(): string[]
  /** The frames that the last of the text makes. */
  end(text: string): string[]
  isTooLarge(): boolean
}

function createEventFrames(): Frames {
  const frames: string[] = []
  let isTooLarge = false
  const parser = createParser({
    onEvent: ({ data }) => {
      isTooLarge ||= data.length > longestFrame
      frames.push(data)
    },
    onError: (error) => { isTooLarge ||= error.type === 'max-buffer-size-exceeded' },
    maxBufferSize: longestFrame,
  })
  return {
    push: (text) => { if (!isTooLarge) parser.feed(text) },
    take: () => frames.splice(0),
    end: () => [],
    isTooLarge: () => isTooLarge,
  }
}

/** An answer that was not streamed is one frame. */
function createWholeBody(): Frames {
  const pieces: string[] = []
  let length = 0
  const push = (text: string) => {
    pieces.push(text)
    length += text.length
  }
  return {
    push,
    take: () => [],
    end: (text) => {
      push(text)
      return [pieces.join('')]
    },
    isTooLarge: () => length > longestFrame,
  }
}

/** The state of one answer: takes frames, says when the last one came. */
function createReading(sink: ChatSink, lifter: Lifter, { scrubber, now, before }: ReadOptions) {
  const assembler = createPartAssembler({ scrubber, now, before, toUrl: lifter.restore })
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
      if (chunk.model) model = scrubber.cut(chunk.model)
      if (chunk.usage) usage = toUsage(chunk.usage)
      const choice = chunk.choices?.[0]
      const delta = choice?.delta ?? choice?.message
      if (delta) await take(assembler.add(delta))
      lifter.drop(data)
      if (choice?.finish_reason) finish = scrubber.cut(choice.finish_reason)
      const refusal = chunk.error ?? choice?.error
      if (refusal) {
        error = toProviderError({ body: refusal }, scrubber)
        return 'over'
      }
      if (!assembler.isFull()) return 'more'
      error = tooManyPartsError()
      return 'over'
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
