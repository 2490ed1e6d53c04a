import { z } from 'zod'
import { cleanJson, type JsonValue } from './text'

/**
 * How deep a value that becomes a row may be nested; a scalar is 0, `[]` is 1. SQLite reads no JSON deeper than 1,000, and code that calls
 * itself for each level ends somewhere below that: 64 leaves both far away, and no reply, setting or error has ever needed a tenth of it.
 */
export const deepest = 64
/** What lies below this level is kept as its JSON text, so that a bounded value may still be wrapped a little. */
const foldBelow = 60

const isNested = (value: unknown): value is object => typeof value === 'object' && value !== null

/** Whether a value is nested no deeper than `most`. Calls itself nowhere, so that no depth can harm it. */
export function isWithinDepth(value: unknown, most = deepest): boolean {
  if (!isNested(value)) return true
  let level: object[] = [value]
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > most) return false
    const below: object[] = []
    for (const node of level) for (const item of Object.values(node)) if (isNested(item)) below.push(item)
    level = below
  }
  return true
}

/**
 * A JSON value as it may stand in a row: what lies too deep becomes its JSON text, and strings are cleaned (`cleanJson`). Nothing is dropped;
 * the same value gives the same answer on every device, and bounding twice is bounding once.
 */
export function boundJson<T>(value: T): T {
  return cleanJson(isWithinDepth(value) ? value : fold(value, foldBelow) as T)
}

/** Folds a value before the schema looks at it, which goes as deep as the value does. */
export const bounded = <Schema extends z.ZodType>(schema: Schema) => z.preprocess((value) => boundJson(value), schema)

/** `boundJson` on each column of a row or change. */
export function boundColumns(columns: Record<string, JsonValue>): Record<string, JsonValue> {
  return Object.fromEntries(Object.entries(columns).map(([name, value]) => [name, boundJson(value)]))
}

/** Goes down no further than `levels`, so it may call itself. */
function fold(value: unknown, levels: number): unknown {
  if (!isNested(value)) return value
  if (levels === 0) return toJsonText(value)
  if (Array.isArray(value)) return value.map((item: unknown) => fold(item, levels - 1))
  return Object.fromEntries(Object.entries(value).map(([key, item]: [string, unknown]) => [key, fold(item, levels - 1)]))
}

/** `JSON.stringify` for a JSON value of any depth. */
function toJsonText(root: object): string {
  const pieces: string[] = []
  /** What is still to be written, the next at the end: texts as they are, values in a box. */
  const rest: (string | { value: unknown })[] = [{ value: root }]
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    if (typeof next === 'string') pieces.push(next)
    else if (isNested(next.value)) for (const step of toSteps(next.value)) rest.push(step)
    else pieces.push(JSON.stringify(next.value) ?? 'null')
  }
  return pieces.join('')
}

/** An array or object as texts and boxed values, last first. */
function toSteps(node: object): (string | { value: unknown })[] {
  const isList = Array.isArray(node)
  const steps: (string | { value: unknown })[] = [isList ? '[' : '{']
  for (const [index, [key, value]] of Object.entries(node).entries()) {
    steps.push(`${index > 0 ? ',' : ''}${isList ? '' : `${JSON.stringify(key)}:`}`, { value })
  }
  steps.push(isList ? ']' : '}')
  return steps.reverse()
}
