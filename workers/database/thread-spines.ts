import type { MessageId, ThreadId } from '~/shared/domain/ids'
import { isTerminal, roleSchema, statusSchema, type MessageStatus } from '~/shared/domain/message'
import { createSpine, type Spine, type SpineNode } from '~/shared/domain/spine'
import type { LocalDatabase } from './open'
import { createWeights } from './thread-weights'

/** So many threads are kept as they were read, for windows that have one open. */
const most = 4
/** After a commit of more rows than this a thread is read again as a whole. */
const mostMended = 2_000

interface Held { spine: Spine, open: Map<MessageId, SpineNode>, weights: ReturnType<typeof createWeights> }
interface Shelf { held: Map<ThreadId, Held>, changed: Set<string> }
const shelves = new WeakMap<LocalDatabase, Shelf>()

type Tuple = [id: string, parent: string | null, role: string | null, status: string | null, run: string | null, deleted: number, model: number, at: number, thread: string | null]

/** As one text: a row at a time costs several times as much. */
const read = (db: LocalDatabase, where: string, value: string): Tuple[] => JSON.parse(db.driver.get<{ nodes: string }>(
  `select json_group_array(json_array(id, parent, role, status, run, deleted is 1, model is not null, coalesce(created_at, cast(substr(h, 1, 13) as integer), 0), thread)) as nodes
  from message where ${where}`, [value])!.nodes) as Tuple[]

/** None for a message of a form that this build does not know. */
function toNode([id, parent, role, status, run, deleted, model, at]: Tuple): SpineNode | undefined {
  const known = roleSchema.safeParse(role).data
  if (!known || !statusSchema.safeParse(status).success) return undefined
  return {
    id: id as MessageId, parent: parent as SpineNode['parent'], role: known, status: status as MessageStatus, run: run as SpineNode['run'],
    deleted: deleted === 1, summary: known === 'system' && model === 1, created_at: at,
  }
}

function put({ spine, open, weights }: Held, node: SpineNode): void {
  spine.put(node)
  weights.forget(node.id)
  if (node.deleted || isTerminal(node.status)) open.delete(node.id)
  else open.set(node.id, node)
}

function remove({ spine, open, weights }: Held, id: MessageId): void {
  spine.remove(id)
  open.delete(id)
  weights.remove(id)
}

function shelfOf(db: LocalDatabase): Shelf {
  const there = shelves.get(db)
  if (there) return there
  const shelf: Shelf = { held: new Map(), changed: new Set() }
  db.onCommit(({ all, rows }) => {
    if (all) shelf.held.clear()
    for (const { table, key } of rows) if (table === 'message') shelf.changed.add(key)
  })
  shelves.set(db, shelf)
  return shelf
}

function mend(db: LocalDatabase, { held, changed }: Shelf): void {
  if (changed.size > mostMended) held.clear()
  if (held.size > 0 && changed.size > 0) {
    const missing = new Set(changed)
    for (const tuple of read(db, 'id in (select value from json_each(?))', JSON.stringify([...changed]))) {
      const node = toNode(tuple)
      missing.delete(tuple[0])
      for (const [thread, one] of held) {
        if (node && tuple[8] === thread) put(one, node)
        else remove(one, tuple[0] as MessageId)
      }
    }
    for (const id of missing) for (const one of held.values()) remove(one, id as MessageId)
  }
  changed.clear()
}

/** A thread without its contents, read once and mended by each commit; `open` are its messages that will change again, `weights` what they take. */
export function spineOf(db: LocalDatabase, thread: ThreadId): Held {
  const shelf = shelfOf(db)
  mend(db, shelf)
  let held = shelf.held.get(thread)
  shelf.held.delete(thread)
  if (!held) {
    held = { spine: createSpine([]), open: new Map(), weights: createWeights(db.driver) }
    for (const tuple of read(db, 'thread = ?', thread)) {
      const node = toNode(tuple)
      if (node) put(held, node)
    }
  }
  shelf.held.set(thread, held)
  const [oldest] = shelf.held.keys()
  if (shelf.held.size > most && oldest) shelf.held.delete(oldest)
  return held
}
