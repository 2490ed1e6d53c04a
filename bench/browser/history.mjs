// A made-up chat history, the same at each run: threads of fifty messages in words as frequent as words are (the n-th most common one as 1/n).
import { createRandom } from '../../tests/fakes/openrouter/random.mjs'

export const messagesPerThread = 50
const words = 20_000
const syllables = ['ba', 'co', 'di', 'fer', 'gu', 'hal', 'in', 'ke', 'lo', 'mar', 'ni', 'or', 'pa', 'qui', 're', 'sten', 'ta', 'un', 'ver', 'xi', 'yo', 'zel']

/** The n-th word: no two are the same. */
export function wordAt(n) {
  let word = ''
  for (let rest = n + 1; rest > 0; rest = Math.floor(rest / syllables.length)) word += syllables[rest % syllables.length]
  return word
}

const keyOf = (kind, n) => `${kind}${String(n).padStart(12, '0')}`
const drawWord = (random) => wordAt(Math.floor(words ** random()) - 1)
const drawText = (random, count) => Array.from({ length: count }, () => drawWord(random)).join(' ')

/** Threads and messages as the columns of changes, parents before children; `messages` of them are messages. */
export function* createHistory(messages, seed = 1) {
  const random = createRandom(seed)
  const start = 1_700_000_000_000
  for (let n = 0; n < messages; n++) {
    const inThread = n % messagesPerThread
    const thread = keyOf('thread', (n - inThread) / messagesPerThread)
    if (inThread === 0) {
      yield {
        t: 'thread', k: thread,
        c: {
          title: drawText(random, 5), pinned: 0, archived: 0, model: 'fake/echo', system_prompt: null, active_leaf: null, parent_thread: null, parent_message: null,
          deleted: 0, created_at: start + n,
        },
      }
    }
    yield {
      t: 'message', k: keyOf('message', n),
      c: {
        thread, parent: inThread === 0 ? null : keyOf('message', n - 1), role: inThread % 2 === 0 ? 'user' : 'assistant', status: 'final',
        parts: [{ type: 'text', text: drawText(random, 12 + Math.floor(random() * 48)) }], usage: null, error: null, model: null, run: null, deleted: 0, created_at: start + n,
      },
    }
  }
}

/** What people type into a search box: beginnings of words, letter by letter, whole words, and two words. */
export function createSearches(count, seed = 2) {
  const random = createRandom(seed)
  return Array.from({ length: count }, (_, i) => {
    const word = drawWord(random)
    if (i % 4 === 0) return word.slice(0, 2)
    if (i % 4 === 1) return word.slice(0, 3)
    return i % 4 === 2 ? word : `${word} ${drawWord(random).slice(0, 4)}`
  })
}
