import { createReadStream, mkdirSync, openSync, rmSync, statSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fail } from '~/shared/errors'
import { limits } from '~/shared/limits'
import type { AsideKey } from '~/shared/protocol/aside'
import { schemaVersion } from '~/shared/protocol/version'
import type { Log } from '../log'
import type { Database } from '../sql/schema'
import { listAside } from './aside'
import type { EntityRow } from './entity-rows'
import { writeImage } from './snapshot-image'
import type { Sync } from './sync'

/** The tail after an image, which a device pulls as pages, may be this long before the image is made anew. */
const tailLength = 2_000

interface Image { path: string, seq: number, bytes: number }

/** The merged state of a space, for a device that starts over. */
export interface Snapshots {
  /** A SQLite image, a short tail behind the head at most. Made once for all devices that ask meanwhile. */
  image(spaceId: string): Promise<{ seq: number, bytes: number, stream: Readable }>
  /** Makes the image of a large space now, for a device that is about to come. */
  prepare(spaceId: string): Promise<void>
  /** The same as NDJSON (shared/protocol/snapshot.ts). */
  rows(spaceId: string): Promise<{ seq: number, stream: Readable }>
}

interface SnapshotDeps { database: Database, sync: Pick<Sync, 'rows' | 'setAside'>, dataDir: string, log: Log }

export function createSnapshots({ database, sync, dataDir, log }: SnapshotDeps): Snapshots {
  const folder = join(dataDir, 'snapshots')
  // Images are quickly made again, and those of the last run are old.
  rmSync(folder, { recursive: true, force: true })
  const images = new Map<string, Promise<Image>>()

  async function head(spaceId: string) {
    const space = await database.selectFrom('space').select(['epoch', 'head', 'floor']).where('id', '=', spaceId).executeTakeFirst()
    return space ?? fail('not_found', 'there is no such space')
  }

  async function make(spaceId: string): Promise<Image> {
    const { epoch, head: seq } = await head(spaceId)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const path = join(folder, `${randomUUID()}.sqlite3`)
    try {
      await writeImage(path, { epoch, seq }, sync.rows(spaceId), { set: (keys) => sync.setAside(spaceId, keys), list: () => listAside(database, spaceId) })
    } catch (error) {
      rmSync(path, { force: true })
      throw error
    }
    return { path, seq, bytes: statSync(path).size }
  }

  async function current(spaceId: string): Promise<Image> {
    const known = images.get(spaceId)
    const image = await known?.catch(() => null)
    const { head: newest, floor } = await head(spaceId)
    // Below the floor the log has no tail for it any more.
    if (image && image.seq >= floor && newest - image.seq <= tailLength) return image
    // Whoever comes first after an image grew old makes the next one; the others wait for it.
    if (images.get(spaceId) !== known) return current(spaceId)
    const making = make(spaceId)
    images.set(spaceId, making)
    making.catch(() => images.get(spaceId) === making && images.delete(spaceId))
    const made = await making
    if (image) discard(image)
    return made
  }

  /** A device may still be reading it: where an open file cannot be removed, the next start does. */
  function discard({ path }: Image): void {
    try {
      rmSync(path, { force: true })
    } catch (error) {
      log.debug({ err: error }, 'an old image stays until the next start')
    }
  }

  return {
    async image(spaceId) {
      const { path, bytes, seq } = await current(spaceId)
      // Opened now: the next image may take this one's place before the first byte is read.
      return { seq, bytes, stream: createReadStream(path, { fd: openSync(path, 'r') }) }
    },
    async prepare(spaceId) {
      if ((await head(spaceId)).head > limits.resetAbove) await current(spaceId)
    },
    async rows(spaceId) {
      const { epoch, head: seq } = await head(spaceId)
      const { count } = await database.selectFrom('entity').select((eb) => eb.fn.countAll<number>().as('count')).where('space', '=', spaceId).executeTakeFirstOrThrow()
      const lines = rowLines(sync.rows(spaceId), { seq, epoch, schema: schemaVersion, rows: count }, () => listAside(database, spaceId))
      return { seq, stream: Readable.from(lines) }
    },
  }
}

async function* rowLines(batches: AsyncIterable<EntityRow[]>, head: object, listAside: () => Promise<AsideKey[]>): AsyncGenerator<string> {
  yield `${JSON.stringify(head)}\n`
  let count = 0
  for await (const rows of batches) {
    count += rows.length
    yield rows.map((row) => `{"t":"${row.table}","k":${JSON.stringify(row.pk)},"c":${row.columns},"h":"${row.h}","hx":${row.hx}}\n`).join('')
  }
  const aside = await listAside()
  yield `${JSON.stringify({ end: true, rows: count, ...(aside.length > 0 ? { aside } : {}) })}\n`
}
