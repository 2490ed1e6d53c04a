import { z } from 'zod'
import { boundJson } from '~/shared/domain/bounds'
import { partDeltaSchema, type PartDelta } from '~/shared/domain/part'
import { parseJson } from '~/shared/domain/text'

/** One numbered step of a run. */
export interface RunEvent { seq: number, parts: PartDelta[] }

/** Steps in a row that each append to the same part: the whole text once, and how much of it each step brought. */
interface Strand { index: number, type: string, text?: string, input?: string, cuts: number[] }

const strandSchema = z.object({
  index: z.number(), type: z.string(), text: z.string().optional(), input: z.string().optional(),
  cuts: z.array(z.number().int().nonnegative()),
})
const rowSchema = z.union([
  z.object({ from: z.number().int().positive(), steps: z.array(z.union([strandSchema, z.array(z.unknown())])) }),
  // As rows were stored before: each step with its number.
  z.array(z.object({ seq: z.number().int().positive(), parts: z.array(z.unknown()) })),
])

/**
 * Steps that follow each other as the text of one row. A token is a step of its own, so what is said of a step must
 * cost little more than the token: `{ from, steps }`, `from` the number of the first, each of `steps` the entries of
 * one, or a strand of many.
 */
export function stepsToData(events: readonly RunEvent[]): string {
  const steps: (Strand | PartDelta[])[] = []
  let open: { strand: Strand, pieces: string[] } | undefined
  const close = (): void => {
    if (open) steps.push(closeStrand(open))
    open = undefined
  }
  for (const { parts } of events) {
    const piece = parts.length === 1 ? toPiece(parts[0]!) : null
    if (!piece) {
      close()
      steps.push(parts)
      continue
    }
    const { index, type, member, text } = piece
    if (open?.strand.index !== index || open.strand.type !== type || memberOf(open.strand) !== member) {
      close()
      open = { strand: { index, type, [member]: '', cuts: [] }, pieces: [] }
    }
    open.strand.cuts.push(text.length)
    open.pieces.push(text)
  }
  close()
  return JSON.stringify({ from: events[0]?.seq ?? 1, steps })
}

/** One step alone is shorter as what it is. */
const closeStrand = ({ strand, pieces }: { strand: Strand, pieces: string[] }): Strand | PartDelta[] =>
  (pieces.length > 1 ? { ...strand, [memberOf(strand)]: pieces.join('') } : strandToParts(strand, pieces)[0]!)

const memberOf = (strand: Strand): 'text' | 'input' => (strand.text === undefined ? 'input' : 'text')

interface Piece { index: number, type: string, member: 'text' | 'input', text: string }
/** An entry that does nothing but append to a text or an input. */
function toPiece({ index, type, text, append, ...more }: PartDelta): Piece | null {
  if (Object.keys(more).length > 0) return null
  if (text !== undefined) return append ? null : { index, type, member: 'text', text }
  return append ? { index, type, member: 'input', text: append.input } : null
}

const strandToParts = (strand: Strand, pieces: readonly string[]): PartDelta[][] => pieces.map((piece) => [{
  index: strand.index, type: strand.type,
  ...(memberOf(strand) === 'text' ? { text: piece } : { append: { input: piece } }),
}])

/**
 * The steps of a stored row, of this form or the one before, and how many of their entries cannot be read. A row that
 * is no such text counts as one.
 */
export function dataToSteps(data: string): { events: RunEvent[], unreadable: number } {
  const row = rowSchema.safeParse(parseJson(data))
  if (!row.success) return { events: [], unreadable: 1 }
  const steps = Array.isArray(row.data) ? row.data : numberSteps(row.data)
  let unreadable = 0
  const events = steps.map(({ seq, parts }) => ({
    seq,
    parts: parts.flatMap((entry) => {
      const parsed = partDeltaSchema.safeParse(entry)
      if (!parsed.success) unreadable++
      return parsed.success ? [boundJson(parsed.data)] : []
    }),
  }))
  return { events, unreadable }
}

interface StoredSteps { from: number, steps: (Strand | unknown[])[] }
const numberSteps = ({ from, steps }: StoredSteps): { seq: number, parts: unknown[] }[] =>
  steps.flatMap((step) => (Array.isArray(step) ? [step] : strandToParts(step, cut(step))))
    .map((parts, at) => ({ seq: from + at, parts }))

function cut(strand: Strand): string[] {
  let at = 0
  const whole = strand[memberOf(strand)] ?? ''
  return strand.cuts.map((length) => whole.slice(at, at += length))
}
