/** A body as text: no more than `limit` bytes of it, and no longer than `ms`. Null when it broke off or took too long. */
export async function readText(response: Response, { limit, ms }: { limit: number, ms: number }): Promise<string | null> {
  const reader = response.body?.getReader()
  if (!reader) return ''
  const pieces: Uint8Array[] = []
  let size = 0
  let isLate = false
  const cancel = () => { void reader.cancel().catch(() => undefined) }
  const timer = setTimeout(() => {
    isLate = true
    cancel()
  }, ms)
  try {
    while (size < limit) {
      const piece = await reader.read().catch(() => null)
      if (!piece) return null
      if (piece.done) return isLate ? null : Buffer.concat(pieces).toString('utf8')
      pieces.push(piece.value)
      size += piece.value.length
    }
    return Buffer.concat(pieces).subarray(0, limit).toString('utf8')
  } finally {
    clearTimeout(timer)
    cancel()
  }
}
