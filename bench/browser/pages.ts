import { limits } from '~/shared/limits'
import type { TableName } from '~/shared/sync/tables'
import { closedFiles } from '~/workers/database/storage'
import { applyPage } from '~/workers/sync/apply-page'
import { createHistory } from './history.mjs'
import { openRaw, openReplica } from './replica'

type Row = { t: TableName, k: string, c: Record<string, unknown> }
type Logged = Row & { h: string, n: number, seq: number, device: string }

/** Rows a second into a replica, new and changed ones, in pages as the server cuts them; beside the plain insert of the same rows through one JSON bind. */
export async function measurePages({ messages }: { messages: number }) {
  const history = [...createHistory(messages) as Iterable<Row>]
  const fresh = cutIntoPages(history.map((row, i) => toLogged(row, i + 1, 1)))
  const changed = cutIntoPages(history.map(({ t, k }, i) => toLogged({ t, k, c: { model: 'fake/clock' } }, history.length + i + 1, 2)))
  const { db } = await openReplica('pages')
  const apply = (pages: Logged[][]) => rate(pages, (page) => {
    const touched = applyPage(db, { from: page[0]!.seq, to: page.at(-1)!.seq, changes: page })
    if (!touched) throw new Error('the page does not follow the cursor')
    db.committed(touched)
  })
  const raw = await openRaw('raw-pages')
  const answer = { fresh: apply(fresh), changed: apply(changed), raw: insertRaw(raw, fresh, false), rawIndexed: insertRaw(raw, fresh, true) }
  db.close()
  raw.close()
  await closedFiles.remove(['pages', 'raw-pages'])
  return answer
}

const toLogged = (row: Row, seq: number, round: number): Logged => ({
  ...row, seq, n: seq, device: 'otherotherother2', h: `${String(1_700_000_000_000 + round).padStart(13, '0')}:${String(seq % 100_000).padStart(5, '0')}:otherotherother2.aaaa`,
})

function cutIntoPages(changes: Logged[]): Logged[][] {
  const pages: Logged[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const change of changes) {
    const size = JSON.stringify(change).length
    bytes += size
    if (bytes > limits.pageBytes || pages.at(-1)!.length === limits.pageChanges) {
      pages.push([])
      bytes = size
    }
    pages.at(-1)!.push(change)
  }
  return pages
}

function rate<T>(pages: T[][], work: (page: T[]) => void): number {
  const started = performance.now()
  for (const page of pages) work(page)
  return pages.flat().length / (performance.now() - started) * 1_000
}

function insertRaw(raw: Awaited<ReturnType<typeof openRaw>>, pages: Logged[][], indexed: boolean): number {
  const table = indexed ? 'indexed' : 'plain'
  raw.exec(`create table ${table} (num integer primary key, id text not null unique, thread text, parent text, role text, status text, parts text, deleted integer, created_at integer, h text) strict`)
  if (indexed) raw.exec('create index by_thread on indexed (thread, created_at, id); create virtual table words using fts5 (text, content = \'\')')
  const names = ['thread', 'parent', 'role', 'status', 'parts', 'deleted', 'created_at']
  const sql = `insert into ${table} (id, h, ${names.join(', ')}) select value ->> 0, value ->> 1, ${names.map((_, i) => `value ->> ${i + 2}`).join(', ')} from json_each(?)`
  return rate(pages, (page) => raw.transaction(() => {
    const rows = page.map(({ k, h, c }) => [k, h, ...names.map((name) => c[name] ?? null)])
    raw.run(sql, [JSON.stringify(rows)])
    if (indexed) raw.run('insert into words (text) select value ->> \'$[6][0].text\' from json_each(?)', [JSON.stringify(rows)])
  }, { sync: 'normal' }))
}
