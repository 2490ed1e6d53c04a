import type { MessageId } from '~/shared/domain/ids'
import type { Message } from '~/shared/domain/message'
import type { Spine, SpineNode } from '~/shared/domain/spine'
import type { PathRow } from '../../api'
import type { SqlDriver } from '../driver'
import { spineOf } from '../thread-spines'
import { touchesThread, whomItWaitsFor } from './messages'
import type { Query } from './query'
import { readMessage, rowToMessage } from './rows'

/** Its messages by their ids. */
function readMessages(driver: SqlDriver, nodes: readonly SpineNode[]): Map<string, Message> {
  const rows = driver.all('select * from message where id in (select value from json_each(?))', [JSON.stringify(nodes.map(({ id }) => id))])
  const messages = rows.map((row) => rowToMessage(driver, row)).filter((message) => message !== undefined)
  return new Map(messages.map((message) => [message.id, message]))
}

/** A message's place among its versions, and the ones beside it. */
function versionOf(spine: Spine, node: SpineNode): PathRow['version'] {
  const versions = spine.siblings(node).filter(({ role }) => role === node.role)
  const index = versions.findIndex(({ id }) => id === node.id)
  return { index, count: versions.length, previous: versions[index - 1]?.id ?? null, next: versions[index + 1]?.id ?? null }
}

/** The newest summary of what is on the path. */
function summaryOf(spine: Spine, path: readonly SpineNode[]): SpineNode | undefined {
  const summaries = spine.summaries().filter(({ deleted }) => !deleted)
  if (summaries.length === 0) return undefined
  const ids = new Set<MessageId | null>(path.map(({ id }) => id))
  return summaries.findLast(({ parent }) => ids.has(parent))
}

export const conversation: Query<'conversation'> = {
  run(sources, { thread, leaf, from, limit, around, keep }) {
    const { db } = sources
    const { spine, open } = spineOf(db, thread)
    const chosen = leaf ?? db.driver.get<{ leaf: MessageId | null }>('select active_leaf as leaf from thread where id = ?', [thread])?.leaf ?? null
    // A message that cannot be read shows when it is looked at: its place is then that of a deleted one.
    for (;;) {
      const aimed = around !== null && spine.get(around)?.deleted === false ? around : null
      let path = spine.pathThrough(chosen)
      if (aimed !== null && !path.some(({ id }) => id === aimed)) path = spine.pathThrough(aimed)
      const target = aimed === null ? -1 : path.findIndex(({ id }) => id === aimed)
      const last = Math.max(0, path.length - limit)
      const offset = Math.max(0, Math.min(last, target >= 0 ? target - (limit >> 1) : from ?? last))
      const nodes = path.slice(offset, offset + limit)
      const kept = keep === null ? -1 : path.findIndex(({ id }) => id === keep)
      const outside = kept >= 0 && (kept < offset || kept >= offset + nodes.length) ? path[kept] : undefined
      const wanted = outside ? [...nodes, outside] : nodes
      const messages = readMessages(db.driver, wanted)
      const unreadable = wanted.filter(({ id }) => !messages.has(id))
      if (unreadable.length > 0) {
        for (const node of unreadable) spine.put({ ...node, deleted: true })
        continue
      }
      const toRow = (node: SpineNode, index: number): PathRow => ({ index, message: messages.get(node.id)!, version: versionOf(spine, node) })
      const onPath = open.size > 0 ? new Set(path.map(({ id }) => id)) : new Set()
      const summary = summaryOf(spine, path)
      const pending = [...open.values()].filter(({ status }) => status === 'queued').map(({ id, run }) => whomItWaitsFor(sources, { id, run }))
      return {
        total: path.length, offset, end: path.at(-1)?.id ?? null, target: target >= 0 ? target : null,
        rows: nodes.map((node, index) => toRow(node, offset + index)),
        kept: outside ? toRow(outside, kept) : null,
        open: [...open.values()].map(({ id, run, role, status, created_at }) => ({ id, run, role, status, created_at, shown: onPath.has(id) })),
        pending: pending.filter((entry) => entry !== undefined),
        summary: summary ? readMessage(db.driver, summary.id) ?? null : null,
      }
    }
  },
  touchedBy: (touched, { db }, { thread }) => touchesThread(touched, db, thread),
  signals: ['key', 'devices'],
}

/** The ids of the messages down to one. */
export const pathIds: Query<'path-ids'> = {
  run: ({ db }, { thread, leaf }) => spineOf(db, thread).spine.pathTo(leaf).map(({ id }) => id),
  touchedBy: (touched, { db }, { thread }) => touchesThread(touched, db, thread),
}
