import sqlite3InitModule, { type Database, type Sqlite3Static } from '@sqlite.org/sqlite-wasm'
import type { SqlDriver } from './driver'
import { createConnection } from './connection'

let loading: Promise<Sqlite3Static> | undefined

/** The wasm module, loaded once per worker: a follower calls this early, so that it leads without a wait. */
export function loadSqlite(): Promise<Sqlite3Static> {
  loading ??= sqlite3InitModule()
  return loading
}

/**
 * The pool of file handles, made once per worker; throws while another worker holds the files. `preserveOnInitFailure` is what keeps the
 * data: without it SQLite answers a pool that does not open by deleting its folder.
 */
export async function openPool() {
  const sqlite3 = await loadSqlite()
  // Two of the options are not in the package's types. Without `forceReinitIfPreviouslyFailed` a first failure is remembered until the worker ends.
  const options = { name: 'holdfast', directory: '/holdfast', initialCapacity: 8, forceReinitIfPreviouslyFailed: true, preserveOnInitFailure: true, verbosity: 0 }
  const pool = await sqlite3.installOpfsSAHPoolVfs(options)
  if (pool.isPaused()) await pool.unpauseVfs()
  // A database, its log, and an image on its way with its own; files that were set aside keep theirs.
  await pool.reserveMinimumCapacity(pool.getFileCount() + 6)
  return pool
}

/** The file of a space in the origin's private file system. Throws where there is none, or another worker holds it. */
export async function createOpfsDriver(name: string): Promise<SqlDriver & { pause(): void, bytes(): number }> {
  const sqlite3 = await loadSqlite()
  const pool = await openPool()
  const generations = () => pool.getFileNames().flatMap((path) => {
    const match = /^\/(.+)\.(\d+)\.sqlite3$/.exec(path)
    return match?.[1] === name ? [{ path, generation: Number(match[2]) }] : []
  }).sort((a, b) => b.generation - a.generation)

  const open = (path: string) => connect(sqlite3, new pool.OpfsSAHPoolDb(path))
  // A log left behind would be replayed into the next file of that name.
  const unlink = (path: string) => [path, `${path}-wal`, `${path}-journal`].forEach((file) => pool.unlink(file))
  let generation = 1
  let connection: ReturnType<typeof createConnection> | undefined
  for (const file of generations()) {
    // An image that was not finished before the worker ended has no `ready` mark; the file before it is still whole.
    const candidate = connection ? undefined : open(file.path)
    if (candidate && (isReady(candidate) || file.generation === 1)) {
      connection = candidate
      generation = file.generation
    } else {
      candidate?.close()
      unlink(file.path)
    }
  }
  connection ??= open(`/${name}.${generation}.sqlite3`)
  const driver = withReplace(connection, async (image) => {
    const path = `/${name}.${generation + 1}.sqlite3`
    unlink(path)
    const chunks = image[Symbol.asyncIterator]()
    await pool.importDb(path, async () => {
      const chunk = await chunks.next()
      return chunk.done ? undefined : chunk.value
    })
    return {
      connection: open(path),
      keep() {
        unlink(`/${name}.${generation}.sqlite3`)
        generation++
      },
      drop: () => unlink(path),
    }
  })
  return {
    ...driver,
    /** Lets go of the file handles, so that another worker can open the file. */
    pause: () => void pool.pauseVfs(),
    /** What the file takes, its log apart. */
    bytes: () => Number(driver.get<{ bytes: number }>('select page_count * page_size as bytes from pragma_page_count, pragma_page_size')?.bytes ?? 0),
  }
}

/** A database in memory: where there is no OPFS, and in tests. `image` is the file to begin with. */
export async function createMemoryDriver(image?: Uint8Array): Promise<SqlDriver> {
  const sqlite3 = await loadSqlite()
  return withReplace(openImage(sqlite3, image), async (chunks) => {
    const connection = openImage(sqlite3, await joinChunks(chunks))
    return { connection, keep: () => {}, drop: () => {} }
  })
}

type Connection = ReturnType<typeof createConnection>
interface Candidate { connection: Connection, keep(): void, drop(): void }

function withReplace(first: Connection, load: (image: AsyncIterable<Uint8Array>) => Promise<Candidate>): SqlDriver {
  let current = first
  return {
    exec: (sql) => current.exec(sql),
    all: (sql, params) => current.all(sql, params),
    get: (sql, params) => current.get(sql, params),
    run: (sql, params) => current.run(sql, params),
    transaction: (work, options) => current.transaction(work, options),
    inTransaction: () => current.inTransaction(),
    checkpoint: () => current.checkpoint(),
    export: () => current.export(),
    close: () => current.close(),
    async replaceWith(image, carry) {
      const candidate = await load(image)
      try {
        carry({ ...candidate.connection, replaceWith: () => Promise.reject(new Error('an image is not replaced while it is being taken')) })
      } catch (error) {
        candidate.connection.close()
        candidate.drop()
        throw error
      }
      current.close()
      current = candidate.connection
      candidate.keep()
    },
  }
}

const isReady = (connection: Connection): boolean =>
  connection.get('select 1 as found from sqlite_schema where name = ?', ['meta']) !== undefined
  && connection.get('select 1 as found from meta where name = ?', ['ready']) !== undefined

async function joinChunks(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** A file that is no database is let go of, or its handle could never be given to another worker. */
function connect(sqlite3: Sqlite3Static, database: Database): Connection {
  try {
    return createConnection(sqlite3, database)
  } catch (cause) {
    database.close()
    throw cause
  }
}

function openImage(sqlite3: Sqlite3Static, image?: Uint8Array): Connection {
  const database = new sqlite3.oo1.DB(':memory:')
  if (image) {
    // A file in WAL mode can't be read from memory: its header is set to the plain journal, as the pool's import does.
    const bytes = image.slice()
    bytes.set([1, 1], 18)
    const pointer = sqlite3.wasm.allocFromTypedArray(bytes)
    const { SQLITE_DESERIALIZE_FREEONCLOSE, SQLITE_DESERIALIZE_RESIZEABLE } = sqlite3.capi
    database.checkRc(sqlite3.capi.sqlite3_deserialize(
      database.pointer!, 'main', pointer, bytes.length, bytes.length, SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE,
    ))
  }
  return connect(sqlite3, database)
}
