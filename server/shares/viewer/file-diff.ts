import { listOf, numberOf, recordOf, textOf } from './fields'

export interface DiffLine { number: number, text: string }
/** A run of lines: both sides alike, or what went on the left and what came on the right. */
export interface DiffBlock { same: boolean, before: DiffLine[], after: DiffLine[] }
export interface Hunk { title: string, blocks: DiffBlock[] }
export interface FileDiff { file: string, status: string, additions: number, deletions: number, hunks: Hunk[], cut: boolean }

/** Lines of one file's patch that a page shows; the rest is in the JSON. */
const longest = 4_000

/** `[{ file, patch, additions, deletions, status }]`, as user messages and `session_diff` carry it. */
export function dataToDiffs(value: unknown): FileDiff[] {
  return listOf(value).map(recordOf).filter((data) => textOf(data.file)).map((data) => {
    const diff = patchToDiff(textOf(data.file), textOf(data.patch))
    return { ...diff, status: textOf(data.status), additions: numberOf(data.additions) || diff.additions, deletions: numberOf(data.deletions) || diff.deletions }
  })
}

/** Reads a unified diff of one file. A patch that is no such thing gives no hunks. */
export function patchToDiff(file: string, patch: string): FileDiff {
  const diff: FileDiff = { file, status: '', additions: 0, deletions: 0, hunks: [], cut: false }
  let hunk: Hunk | undefined
  let before = 0
  let after = 0
  let lines = 0
  for (const line of patch.split('\n')) {
    const head = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@(.*)$/.exec(line)
    if (head) {
      before = Number(head[1])
      after = Number(head[2])
      diff.hunks.push(hunk = { title: head[3]?.trim() ?? '', blocks: [] })
      continue
    }
    const sign = line[0]
    if (!hunk || (sign !== ' ' && sign !== '+' && sign !== '-')) continue
    if (++lines > longest) {
      diff.cut = true
      break
    }
    const text = line.slice(1).replace(/\r$/, '')
    const block = blockFor(hunk, sign === ' ')
    if (sign !== '+') block.before.push({ number: before++, text })
    if (sign !== '-') block.after.push({ number: after++, text })
    if (sign === '+') diff.additions++
    if (sign === '-') diff.deletions++
  }
  return diff
}

function blockFor(hunk: Hunk, same: boolean): DiffBlock {
  const last = hunk.blocks.at(-1)
  if (last?.same === same) return last
  const block: DiffBlock = { same, before: [], after: [] }
  hunk.blocks.push(block)
  return block
}
