import type { SqlDriver } from './driver'
import { unlessFull } from './storage-full'

/**
 * Where each thread stands in the lists: a table of this file alone, beyond the replica's schema, with an index in the lists' order. Triggers
 * keep it with every write, whoever makes it, so that a window of the sidebar is read without reading the whole. An image does not bring it.
 */
export const placeLists = { pinned: 0, recent: 1, archived: 2 } as const
/** Deleted threads. */
const nowhere = 3

/** SQL that reads places from the rows: the thread, its list, and the time of its newest live message or its own. */
export const placesOf = (where: string) => `select t.id,
  case when t.deleted is 1 then ${nowhere} when t.archived is 1 then ${placeLists.archived} when t.pinned is 1 then ${placeLists.pinned} else ${placeLists.recent} end,
  max(coalesce(t.created_at, cast(substr(t.h, 1, 13) as integer), 0),
    coalesce((select m.created_at from message m where m.thread = t.id and m.created_at is not null and m.deleted is not 1 order by m.created_at desc limit 1), 0))
  from thread t where ${where}`

/** Inside a trigger the word of the statement that fired it would win over `or replace`; this one stands. */
const place = (where: string) => `insert into thread_place ${placesOf(where)} on conflict (thread) do update set list = excluded.list, at = excluded.at`

const changed = (...columns: string[]) => columns.map((name) => `old.${name} is not new.${name}`).join(' or ')

const trigger = (temp: string, name: string, on: string, work: string) => `create ${temp} trigger ${name} ${on} begin ${work}; end;`

const createSql = (temp: 'temp' | '') => `
  create ${temp} table thread_place (thread text primary key, list integer not null, at integer not null) strict, without rowid;
  create index ${temp && 'temp.'}thread_place_order on thread_place (list, at, thread);
  insert into thread_place ${placesOf('true')};
  ${trigger(temp, 'thread_placed', 'after insert on thread', place('t.id = new.id'))}
  ${trigger(temp, 'thread_replaced',
    `after update on thread when ${changed('pinned', 'archived', 'deleted', 'created_at')} or (new.created_at is null and old.h is not new.h)`,
    place('t.id = new.id'))}
  ${trigger(temp, 'thread_unplaced', 'after delete on thread', 'delete from thread_place where thread = old.id')}
  ${trigger(temp, 'message_places', 'after insert on message when new.thread is not null and new.created_at is not null and new.deleted is not 1',
    'update thread_place set at = new.created_at where thread = new.thread and at < new.created_at')}
  ${trigger(temp, 'message_replaces', `after update on message when ${changed('thread', 'deleted', 'created_at')}`,
    place('t.id in (old.thread, new.thread)'))}
  ${trigger(temp, 'message_unplaces', 'after delete on message when old.thread is not null',
    place('t.id = old.thread'))}
`

/** Makes the table where it is not there yet, which reads every thread once; in memory where the disk is full. */
export function createThreadPlaces(driver: SqlDriver): void {
  const isThere = () => driver.get('select 1 as found from sqlite_schema where name = ? union all select 1 from sqlite_temp_schema where name = ?', ['thread_place', 'thread_place'])
  if (isThere()) return
  const create = (temp: 'temp' | '') => driver.transaction(() => driver.exec(createSql(temp)))
  if (!unlessFull(() => create(''))) create('temp')
}
