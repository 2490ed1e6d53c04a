/** Where a message of a share stands. The messages of a thread say so themselves; an agent's are told apart by their times. */
interface Placed { position: number | null, created: number, role: string, id: string }

/**
 * Sorts the messages of a share for both that read it, the page and the import. A question and its reply are often made within the same
 * millisecond, and clocks of two devices may disagree: neither puts a reply above its question where the publisher knew better.
 */
export function bySharedPlace(a: Placed, b: Placed): number {
  if (a.position !== null && b.position !== null) return a.position - b.position
  return a.created - b.created || Number(a.role !== 'user') - Number(b.role !== 'user') || (a.id < b.id ? -1 : 1)
}
