import { jsonColumnsOf, tableNames } from '~/shared/sync/tables'
import { findUnreadable, isReadable, listAside } from './aside'
import type { SqlDriver } from './driver'

const day = (now: number) => new Date(now).toISOString().slice(0, 10)

/** Tables of the text form, by their live rows. A draft is not history. */
const sections = {
  threads: `select * from thread where ${isReadable('thread')} and deleted is not 1 order by created_at, id`,
  messages: `select m.* from message m join thread t on t.id = m.thread where ${isReadable('message', 'm')} and m.deleted is not 1 and t.deleted is not 1 order by m.created_at, m.id`,
  labels: 'select thread, name from label where "on" = 1 order by id',
  settings: `select name, value from setting where ${isReadable('setting')} and name not like 'draft/%' and value is not null order by name`,
} as const
const hidden = new Set(['num', 'h', 'hx', 'deleted'])
const jsonColumns = new Set(tableNames.flatMap(jsonColumnsOf))
const flags = new Set(['pinned', 'archived'])

function rowToText(row: Record<string, unknown>): string {
  const members: string[] = []
  for (const [name, value] of Object.entries(row)) {
    if (hidden.has(name)) continue
    const text = jsonColumns.has(name) ? (value as string | null) ?? 'null' : JSON.stringify(flags.has(name) ? value === 1 : value)
    members.push(`${JSON.stringify(name)}:${text}`)
  }
  return `{${members.join(',')}}`
}

/**
 * Every live row as one JSON document: `{ format, version, exportedAt, threads, messages, labels, settings }`, columns as on the wire. What
 * cannot be read is in it too, as the texts that are kept: `aside: { device, server }`; `server` is what the server answered, if it did.
 */
export function exportJson(driver: SqlDriver, now: number, server: unknown = null): { bytes: Uint8Array<ArrayBuffer>, name: string } {
  findUnreadable(driver)
  const device = listAside(driver)
  const body = Object.entries(sections).map(([name, sql]) => `"${name}":[\n${driver.all(sql).map(rowToText).join(',\n')}\n]`)
  if (device.length > 0 || server !== null) body.push(`"aside":${JSON.stringify({ device, server })}`)
  const text = `{"format":"holdfast","version":1,"exportedAt":${now},\n${body.join(',\n')}}\n`
  return { bytes: new TextEncoder().encode(text), name: `holdfast-${day(now)}.json` }
}

export function exportFile(driver: SqlDriver, now: number): { bytes: Uint8Array<ArrayBuffer>, name: string } {
  driver.checkpoint()
  // Copied: what SQLite gave may lie in its own memory.
  return { bytes: new Uint8Array(driver.export()), name: `holdfast-${day(now)}.sqlite3` }
}
