import type { JsonValue } from '~/shared/domain/text'
import { writeLocal } from './local-write'
import type { MutationContext } from './mutations/mutation'
import type { LocalDatabase } from './open'
import { orAside } from './aside'
import type { SqlDriver } from './driver'
import type { Schedule } from '../tabs/channel-message'
import { unlessFull } from './storage-full'

export const draftPrefix = 'draft/'
const pushEvery = 2_000

/**
 * Drafts between two pushes stand in `meta`, durable like any commit but without an outbox entry: a person who types makes one
 * change every two seconds and not one per key.
 */
export function holdDraft({ db, touch }: MutationContext, name: string, value: JsonValue): void {
  db.driver.run('insert into meta (name, value) values (?, ?) on conflict (name) do update set value = excluded.value', [name, JSON.stringify(value)])
  touch('meta')
}

/** What was held is void: a newer value is written. */
export function releaseDraft({ db, touch }: Pick<MutationContext, 'db' | 'touch'>, name: string): void {
  if (readHeldDraft(db.driver, name) === undefined) return
  db.driver.run('delete from meta where name = ?', [name])
  touch('meta')
}

export function readHeldDraft(driver: SqlDriver, name: string): JsonValue | undefined {
  if (!name.startsWith(draftPrefix)) return undefined
  const held = driver.get<{ value: string }>('select value from meta where name = ?', [name])
  return held && orAside(driver, 'draft', name, () => JSON.parse(held.value) as JsonValue, held.value)
}

export const listHeldDrafts = (driver: SqlDriver): { name: string, value: string }[] =>
  driver.all<{ name: string, value: string }>(`select name, value from meta where name >= '${draftPrefix}' and name < 'draft0'`)

/** Moves held drafts into their rows and the outbox: the first one at once, then at most every 2 s. Also those a crash left behind. */
export function createDraftPushes(db: LocalDatabase, schedule: Schedule) {
  let cancel: (() => void) | undefined

  function push(): boolean {
    const held = listHeldDrafts(db.driver)
    if (held.length === 0) return false
    const touched = db.driver.transaction(() => {
      for (const { name } of held) db.driver.run('delete from meta where name = ?', [name])
      return writeLocal(db, held.flatMap(({ name, value: text }) => {
        const value = orAside(db.driver, 'draft', name, () => JSON.parse(text) as JsonValue, text)
        return value === undefined ? [] : [{ t: 'setting' as const, k: name, c: { value } }]
      }))
    })
    db.committed(touched)
    return true
  }

  function turn() {
    let pushed = false
    const hadRoom = unlessFull(() => {
      pushed = push()
    })
    cancel = pushed || !hadRoom ? schedule(turn, pushEvery) : undefined
  }

  const end = db.onCommit((touched) => {
    if (!cancel && touched.local?.includes('meta')) turn()
  })
  turn()
  return {
    stop() {
      end()
      cancel?.()
    },
  }
}
