import { cleanText } from '~/shared/domain/text'
import type { ThreadId, MessageId } from '~/shared/domain/ids'
import { partsToText, type Part } from '~/shared/domain/part'
import type { SearchHit } from '../api'
import { orAside } from './aside'
import type { SqlDriver } from './driver'
import { touchesTable, type Query } from './queries/query'
import { foldWord, makeSnippet } from './snippet'

/** The words of any text, at most sixteen. */
const textToWords = (text: string): string[] =>
  cleanText(text).split(/[^\p{L}\p{N}\p{M}]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word)).slice(0, 16)

interface Hit { id: number, score: number }
interface Place { thread: string, title: string | null, message: string | null, at: number | null, parts: string | null }

const placeSql = {
  message: `select m.thread, t.title, m.id as message, m.created_at as at, m.parts from message m join thread t on t.id = m.thread
    where m.num = ? and m.deleted is not 1 and t.deleted is not 1`,
  thread: 'select id as thread, title, null as message, created_at as at, null as parts from thread where num = ? and deleted is not 1',
}

/** Titles first among equals: bm25 is negative, the lower the better, and a title's is made lower. */
const titleWeight = 3

/** Live messages and titles that match, the best first. Rows of the index are even for messages, odd for titles (shared/sql/replica). */
export function search(driver: SqlDriver, text: string, limit: number): SearchHit[] {
  const words = textToWords(text)
  if (words.length === 0) return []
  // Each word quoted, so that no character is an operator, and taken as a prefix.
  const match = words.map((word) => `"${word}" *`).join(' ')
  const folded = words.map(foldWord)
  // More than asked for: some belong to deleted rows, and titles move up.
  const hits = findHits(driver, match, folded, limit * 3).sort((a, b) => weigh(a) - weigh(b))
  const found: SearchHit[] = []
  for (const { id } of hits) {
    if (found.length === limit) break
    const place = driver.get<Place & Record<string, string | number | null>>(id % 2 === 0 ? placeSql.message : placeSql.thread, [Math.floor(id / 2)])
    if (!place?.thread) continue
    const said = place.parts === null ? place.title ?? '' : orAside(driver, 'message', place.message ?? '', () => partsToText(JSON.parse(place.parts!) as Part[]))
    if (said === undefined) continue
    found.push({
      thread: place.thread as ThreadId, title: place.title ?? '', message: place.message as MessageId | null, at: place.at ?? 0,
      snippet: makeSnippet(said, folded),
    })
  }
  return found
}

/** Above this many matches a rank says little and costs much: it reads every one of them. */
const common = 2_000

/** The best matches by bm25; of a word that is nearly everywhere, titles and the newest messages. */
function findHits(driver: SqlDriver, match: string, words: readonly string[], count: number): Hit[] {
  type Row = Hit & Record<string, number>
  const newest = driver.all<Row>('select rowid as id, 0.0 as score from search where search match ? order by rowid desc limit ?', [match, common + 1])
  if (newest.length <= common) {
    return driver.all<Row>('select rowid as id, rank as score from search where search match ? order by rank limit ?', [match, count])
  }
  const titles = driver.all<Row>('select num * 2 + 1 as id, -1.0 as score from thread where instr(lower(title), ?) > 0 order by num desc limit ?', [words[0] ?? '', count])
  return [...titles, ...newest.slice(0, count).filter(({ id }) => id % 2 === 0)]
}

const weigh = ({ id, score }: Hit): number => (id % 2 === 0 ? score : score * titleWeight)

export const searchQuery: Query<'search'> = {
  run: ({ db }, { text, limit }) => search(db.driver, text, limit),
  touchedBy: (touched) => touchesTable(touched, 'thread', 'message'),
}
