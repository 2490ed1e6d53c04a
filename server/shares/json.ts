import { ShareFailure } from './failure'

/**
 * Reads JSON that a stranger wrote. Bytes that are not UTF-8 are refused rather than replaced, and a `__proto__` member is dropped:
 * it is harmless as parsed, but not to the next program that copies it member by member.
 */
export function parseForeignJson(bytes: Uint8Array): unknown {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  }
  catch (cause) {
    throw Object.assign(new ShareFailure(400, 'The request body is not UTF-8'), { cause })
  }
  try {
    return /__proto__|\\u00[57]/i.test(text) ? JSON.parse(text, withoutPrototype) : JSON.parse(text)
  }
  catch (cause) {
    throw Object.assign(new ShareFailure(400, 'Malformed JSON in request body'), { cause })
  }
}

function withoutPrototype(_key: string, value: unknown): unknown {
  if (value && typeof value === 'object' && Object.hasOwn(value, '__proto__')) {
    Reflect.deleteProperty(value, '__proto__')
  }
  return value
}

const [comma, quote, bracket, backslash, brace] = [...Buffer.from(',"[\\{')] as [number, number, number, number, number]

/**
 * Counts the values of a JSON text as its bytes come, about: what takes a byte or two there takes fifty in memory, and the time of as many.
 * Text inside of strings does not count, however long.
 */
export function createValueCounter(most: number): (piece: Uint8Array) => void {
  let values = 1
  let isString = false
  let isEscaped = false
  return (piece) => {
    for (const byte of piece) {
      if (isEscaped) isEscaped = false
      else if (isString) {
        if (byte === quote) isString = false
        else if (byte === backslash) isEscaped = true
      } else if (byte === quote) isString = true
      else if (byte === comma || byte === bracket || byte === brace) values++
    }
    if (values > most) throw new ShareFailure(413, `The body holds more than ${most} values`)
  }
}
