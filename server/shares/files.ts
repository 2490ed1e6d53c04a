import { createBoundedMap } from '../http/bounded-map'
import { createHeldAnswers, type HeldAnswer } from '../http/held-answers'
import type { Log } from '../log'
import { ThreadFailure } from '../threads/thread'
import type { ShareQuotas } from './quotas'
import { openShareToData, openShareToInfo, type OpenShare } from './read'
import type { ShareRow } from './store'
import { shareToVersion } from './version'
import { createRenderer } from './viewer/renderer'

interface FilesDeps { folder: string, log: Log, quotas: ShareQuotas, open(share: ShareRow): Promise<OpenShare> }

/** Versions whose number of pages, or whose failure to be rendered, is remembered. */
const remembered = 1_000
/** Addresses of this server under which a version is rendered. Where none is configured a request names it, so a stranger has any number of them. */
const mostOrigins = 4

/**
 * Everything that readers are given of a share, made once for each version of it and held on the disk for all who read it. What is
 * rendered fails with a `ThreadFailure` where it takes too much, again at once for whoever asks after that.
 */
export function createFiles({ folder, log, quotas, open }: FilesDeps) {
  const answers = createHeldAnswers(folder)
  const renderer = createRenderer({ log, quotas })
  const failures = createBoundedMap<ThreadFailure>({ max: remembered })
  const pageCounts = createBoundedMap<number>({ max: remembered })
  const origins = createBoundedMap<Set<string>>({ max: remembered })
  const keyOf = (share: ShareRow, what: string) => `${share.id} ${shareToVersion(share)} ${what}`

  async function rendered(key: string, make: () => Promise<AsyncIterable<Uint8Array> | Uint8Array[]>): Promise<HeldAnswer> {
    const failed = failures.get(key)
    if (failed) throw failed
    try {
      return await answers.join(key, make)
    } catch (error) {
      if (error instanceof ThreadFailure && error.reason !== 'fault') failures.set(key, error)
      throw error
    }
  }

  /** The origin that the links of a share begin with; '' for one too many: its links are relative. */
  function toOrigin(share: ShareRow, origin: string): string {
    const version = keyOf(share, 'origins')
    const known = origins.get(version) ?? new Set()
    origins.set(version, known)
    if (known.size < mostOrigins) known.add(origin)
    return known.has(origin) ? origin : ''
  }

  return {
    data: (share: ShareRow): Promise<HeldAnswer> => answers.join(keyOf(share, 'data'), async () => openShareToData(await open(share))),
    info: (share: ShareRow): Promise<HeldAnswer> => answers.join(keyOf(share, 'info'), async () => openShareToInfo(await open(share))),
    markdown: (share: ShareRow): Promise<HeldAnswer> => rendered(keyOf(share, 'md'), async () => renderer.file(await open(share), { kind: 'md' })),
    html(share: ShareRow, given: string): Promise<HeldAnswer> {
      const origin = toOrigin(share, given)
      return rendered(keyOf(share, `html ${origin}`), async () => renderer.file(await open(share), { kind: 'html', origin }))
    },

    /** One page, from 1; null when there are fewer. */
    async page(share: ShareRow, { page, origin: given }: { page: number, origin: string }): Promise<HeldAnswer | null> {
      const origin = toOrigin(share, given)
      const version = keyOf(share, 'pages')
      if (page > (pageCounts.get(version) ?? Infinity)) return null
      const key = keyOf(share, `page ${page} ${origin}`)
      const replace = answers.better(key)
      const held = rendered(key, async () => {
        const first = await renderer.page(await open(share), { page, origin }, ({ html }) => {
          // In its place, once it is there.
          held.then(() => replace(html ? [html] : [])).catch((error: unknown) => log.debug({ err: error }, 'a page keeps its colours'))
        })
        pageCounts.set(version, first.pages)
        return first.html ? [first.html] : []
      })
      const answer = await held
      return answer.bytes > 0 ? answer : null
    },

    /** When a share is deleted: what was made of it goes, too. */
    clear: () => answers.clear(),
    async close() {
      await renderer.close()
      await answers.close()
    },
  }
}
export type Files = ReturnType<typeof createFiles>
