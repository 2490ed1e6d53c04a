/** A body that came to no good end: it broke off, or nothing came for too long. */
export class ReadFailure extends Error {
  override name = 'ReadFailure'
  constructor(readonly reason: 'broken' | 'late') {
    super(`the body ${reason === 'late' ? 'stalled' : 'broke off'}`)
  }
}

/** What the answer to a login or about a key may take: a few hundred bytes are usual. */
export const longestAnswer = 64 * 1024

/** The pieces of a body; fails with `ReadFailure` when none comes for `idleMs`. Leaving the loop gives the rest of the body up. */
export async function* readPieces(body: ReadableStream<Uint8Array>, idleMs: number): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  let isLate = false
  const cancel = () => { void reader.cancel().catch(() => undefined) }
  const timer = setTimeout(() => {
    isLate = true
    cancel()
  }, idleMs)
  try {
    for (;;) {
      // undici's words on a broken socket say nothing to a person; that it broke does.
      const piece = await reader.read().catch(() => null)
      if (isLate) throw new ReadFailure('late')
      if (!piece) throw new ReadFailure('broken')
      if (piece.done) return
      timer.refresh()
      yield piece.value
    }
  } finally {
    clearTimeout(timer)
    cancel()
  }
}

/**
 * A body as text, no more than `limit` bytes of it, and no longer than `ms` in all. Null when it broke off, took too long, or is longer and
 * `whole` is asked for: half of a JSON text is none.
 */
export async function readText(response: Pick<Response, 'body'>, { limit, ms, whole = false }: { limit: number, ms: number, whole?: boolean }): Promise<string | null> {
  if (!response.body) return ''
  const deadline = performance.now() + ms
  const pieces: Uint8Array[] = []
  let size = 0
  try {
    for await (const piece of readPieces(response.body, ms)) {
      pieces.push(piece)
      size += piece.length
      if (performance.now() > deadline) return null
      if (size > limit) return whole ? null : Buffer.concat(pieces).subarray(0, limit).toString('utf8')
    }
    return Buffer.concat(pieces).toString('utf8')
  } catch (error) {
    if (error instanceof ReadFailure) return null
    throw error
  }
}
