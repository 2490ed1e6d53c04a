import { err } from '~/shared/result'
import { unexpected, type ReplyFrame, type RequestFrame, type CallFrame, type WatchFrame } from '../rpc'
import type { Result } from '~/shared/result'

/** What answers calls and watches: the leader's database with all that hangs on it. `request` and `params` are not parsed yet. */
export interface Desk {
  call(name: CallFrame['name'], request: unknown): Promise<Result<unknown>>
  watch(name: WatchFrame['name'], params: unknown, post: (answer: unknown) => void, fail: (error: ReturnType<typeof unexpected>) => void): () => void
}

const forgetAfter = 120_000

/** The leader's side of the tabs: which tab watches what, and where answers go. A tab not heard of for two minutes is forgotten. */
export function createLeaderDoor(desk: Desk, now: () => number, post: (tab: string, frame: ReplyFrame) => void) {
  const tabs = new Map<string, { heardAt: number, watches: Map<number, () => void> }>()

  function touch(tab: string) {
    let entry = tabs.get(tab)
    if (!entry) tabs.set(tab, entry = { heardAt: 0, watches: new Map() })
    entry.heardAt = now()
    return entry
  }

  function forget(tab: string) {
    for (const end of tabs.get(tab)?.watches.values() ?? []) end()
    tabs.delete(tab)
  }

  return {
    take(tab: string, frame: RequestFrame) {
      const { watches } = touch(tab)
      if (frame.kind === 'call') {
        void desk.call(frame.name, frame.request).catch((cause: unknown) => err(unexpected(cause)))
          .then((result) => post(tab, { kind: 'answer', id: frame.id, result }))
        return
      }
      watches.get(frame.id)?.()
      watches.delete(frame.id)
      if (frame.kind === 'unwatch') return
      const end = desk.watch(frame.name, frame.params,
        (answer) => post(tab, { kind: 'update', id: frame.id, answer }),
        (error) => post(tab, { kind: 'watch-error', id: frame.id, error }))
      watches.set(frame.id, end)
    },
    /** Whether anything is held of this tab; a ping shows that it lives. */
    knows(tab: string): boolean {
      const known = tabs.has(tab)
      if (known) touch(tab)
      return known
    },
    sweep() {
      for (const [tab, entry] of tabs) if (now() - entry.heardAt > forgetAfter) forget(tab)
    },
    forget,
    close() {
      for (const tab of [...tabs.keys()]) forget(tab)
    },
  }
}
