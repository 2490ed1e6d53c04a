/** What the pictures of an answer that are not stored yet may take, in characters of base64: 36 MiB of bytes. */
const mostHeld = 48 * 1024 * 1024
/** The head of a picture's address; a backslash before the quote would make it words within a text. */
const head = /(?<!\\)"url"\s{0,8}:\s{0,8}"data:[\w.+/\\-]{1,80};base64,/
/** An address that is cut between two pieces is found with so much of the line's end kept back. */
const keptBack = 160
const mark = /^(data:[\w.+/-]{1,80};base64,)@(\d{1,9})$/

/** Takes pictures out of an answer as it comes, so that what is left of a frame can be held to its bound before it is parsed. */
export interface Lifter {
  /** What can be passed on by now: `"url": "data:…;base64,…"` has `@<number>` for its bytes. Lines stay whole. */
  push(piece: string, isLast?: boolean): string
  /** The whole address of a picture that was taken out; any other address as it is. */
  restore(url: string): string
  /** Forgets the pictures of a frame that has been dealt with. */
  drop(frame: string): void
  isTooLarge(): boolean
}

export function createLifter(): Lifter {
  let rest = ''
  let count = 0
  let held = 0
  const pictures = new Map<number, string>()
  let lifting: string[] | null = null

  /** Goes on with the picture that has begun; answers what follows it. Each character is looked at once. */
  const lift = (pieces: string[], text: string): string => {
    const end = text.search(/["\n]/)
    const piece = (end === -1 ? text : text.slice(0, end)).replaceAll('\\', '')
    pieces.push(piece)
    held += piece.length
    if (end === -1) return ''
    pictures.set(count++, pieces.join(''))
    lifting = null
    return text.slice(end)
  }

  return {
    push(piece, isLast = false) {
      let text = lifting ? lift(lifting, piece) : rest + piece
      rest = ''
      let out = ''
      while (!lifting) {
        const found = head.exec(text)
        if (!found) {
          // The beginning of an address can only stand in the line that has not ended.
          const from = isLast ? text.length : Math.max(text.lastIndexOf('\n') + 1, text.length - keptBack)
          rest = text.slice(from)
          return out + text.slice(0, from)
        }
        const start = found.index + found[0].length
        out += `${text.slice(0, start)}@${count}`
        lifting = []
        text = lift(lifting, text.slice(start))
      }
      return out
    },
    restore(url) {
      const found = mark.exec(url)
      return found ? `${found[1]}${pictures.get(Number(found[2])) ?? ''}` : url
    },
    drop(frame) {
      for (const [, number] of frame.matchAll(/;base64,@(\d{1,9})/g)) {
        held -= pictures.get(Number(number))?.length ?? 0
        pictures.delete(Number(number))
      }
    },
    isTooLarge: () => held > mostHeld,
  }
}
