import type { SqlDriver } from './driver'

/** Small local facts that must survive a restart, in `meta` under a prefix of their own: `stop/<run>`, `device/<id>`. Never synced. */
export const putNote = (driver: SqlDriver, name: string, value: string): void =>
  driver.run('insert into meta (name, value) values (?, ?) on conflict (name) do update set value = excluded.value', [name, value])

export const deleteNote = (driver: SqlDriver, name: string): void => driver.run('delete from meta where name = ?', [name])

/** Notes under a prefix, by what follows it. */
export function listNotes(driver: SqlDriver, prefix: string): Map<string, string> {
  const rows = driver.all<{ name: string, value: string }>('select name, value from meta where substr(name, 1, length(?1)) = ?1 order by name', [prefix])
  return new Map(rows.map(({ name, value }) => [name.slice(prefix.length), value]))
}

const stopPrefix = 'stop/'

/** A run to be stopped as soon as the server can be told. */
export const noteStop = (driver: SqlDriver, run: string): void => putNote(driver, stopPrefix + run, '1')
export const listStops = (driver: SqlDriver): string[] => [...listNotes(driver, stopPrefix).keys()]
export const deleteStop = (driver: SqlDriver, run: string): void => deleteNote(driver, stopPrefix + run)
