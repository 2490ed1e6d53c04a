import type { ClientMessage } from '~/shared/protocol/client-message'
import type { RunDelta, RunEnd } from '~/shared/protocol/run'
import { runIdSchema, type RunId } from '~/shared/domain/ids'
import type { SyncEvents } from './ports'

/** The runs this device listens to, and how far each has come: after a reconnect each goes on where it stopped. */
export function createRunAttachments({ send, events }: { send(message: ClientMessage): unknown, events: SyncEvents }) {
  const after = new Map<RunId, number>()
  const attach = (run: RunId) => send({ type: 'attach', run, after: after.get(run) ?? 0 })

  return {
    attach(id: string, from: number) {
      const run = runIdSchema.parse(id)
      after.set(run, from)
      attach(run)
    },
    detach(id: string) {
      const run = runIdSchema.parse(id)
      if (after.delete(run)) send({ type: 'detach', run })
    },
    attachAll: () => [...after.keys()].forEach(attach),
    /** Attaches anew to a run that someone still listens to. */
    attachAgain: (run: RunId) => void (after.has(run) && attach(run)),
    receive(message: RunDelta | RunEnd) {
      const seen = after.get(message.run)
      if (seen === undefined) return
      if (message.type === 'run-end') {
        after.delete(message.run)
        return events.onRunEnd?.(message)
      }
      // What comes twice, or late from an earlier attachment, was shown already. A countdown has no number of its own.
      if (message.seq < seen || (message.seq === seen && message.parts.length > 0)) return
      after.set(message.run, message.seq)
      events.onRunDelta?.(message)
    },
  }
}
