import type { PullOutcome } from './pull'

/** A page as JSON text around the stored texts of its changes. `head` goes out only where the answer has it (HTTP). */
export function pageText(envelope: Record<string, string | number | boolean>, page: Extract<PullOutcome, { kind: 'page' }>, withHead = false): string {
  const { from, to, more, upto, uptoClock, head } = page
  const members = JSON.stringify({ ...envelope, from, to, more, upto, uptoClock, ...(withHead ? { head } : {}) })
  return `${members.slice(0, -1)},"changes":[${page.changes.join(',')}]}`
}
