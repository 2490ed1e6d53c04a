import { createError, type HoldfastError } from '~/shared/errors'
import { err } from '~/shared/result'
import { mutations, type actions, type CallName } from '../api'
import type { CallFrame, ReplyFrame, RequestFrame, WatchFrame } from '../rpc'

/**
 * What may be asked again of a new leader: mutations, whose id makes the second time a no-op, and actions that do the same thing
 * twice. The others may have happened without an answer; their caller is told so and decides.
 */
const repeatable: ReadonlySet<CallName> = new Set<CallName>([
  ...Object.keys(mutations) as (keyof typeof mutations)[],
  ...(['stop-run', 'watch-run', 'export', 'import', 'former-files', 'export-former', 'delete-former', 'check-sync', 'server-aside', 'reconnect', 'upload-blob', 'drop-blob', 'fetch-blob'] satisfies (keyof typeof actions)[]),
])

/** The requests of this tab's page that are open: kept here until answered, and given to each new leader (sync.md §1). */
export function createOwnRequests(toPage: (frame: ReplyFrame) => void) {
  const calls = new Map<number, { frame: CallFrame, sent: boolean }>()
  const watches = new Map<number, WatchFrame>()

  return {
    /** Notes a request of the page; `sent` tells whether it went to a leader. */
    add(frame: RequestFrame, sent: boolean) {
      if (frame.kind === 'call') calls.set(frame.id, { frame, sent })
      else if (frame.kind === 'watch') watches.set(frame.id, frame)
      else watches.delete(frame.id)
    },
    /** An answer on its way to the page. False for one that is not awaited: a repeat, or from a leader of before. */
    settle(frame: ReplyFrame): boolean {
      if (frame.kind === 'answer') return calls.delete(frame.id)
      return watches.has(frame.id)
    },
    watches: () => [...watches.values()],
    /** Everything open, for a new leader. Calls that may not be repeated are answered with an error instead. */
    takeOver(): RequestFrame[] {
      const frames: RequestFrame[] = [...watches.values()]
      for (const [id, call] of [...calls]) {
        if (!call.sent || repeatable.has(call.frame.name)) {
          call.sent = true
          frames.push(call.frame)
          continue
        }
        calls.delete(id)
        toPage({ kind: 'answer', id, result: err(createError('internal', 'the leading tab went away before it answered', undefined, true)) })
      }
      return frames
    },
    /** This tab will get no answers any more. */
    refuseAll(message: string) {
      const error = createError('upgrade_required', message)
      for (const id of calls.keys()) toPage({ kind: 'answer', id, result: err(error) })
      for (const id of watches.keys()) toPage({ kind: 'watch-error', id, error })
      calls.clear()
    },
    /** Calls of a page whose data was deleted: none is asked again. The one that deleted it still gets its answer. */
    forget(error: HoldfastError) {
      for (const [id, { frame }] of [...calls]) {
        if (frame.name === 'sign-out') continue
        calls.delete(id)
        toPage({ kind: 'answer', id, result: err(error) })
      }
    },
  }
}
