import type { Log } from '../../log'
import { threadShareOptionsSchema } from '~/shared/protocol/share'
import { createHash } from 'node:crypto'
import type { OpenShare } from '../read'
import type { ShareRow } from '../store'
import { itemsToView, type ShareView } from './model'
import { viewToPage, type PageOptions } from './page'
import { createPaintCache, createPainter } from './paint'

/** Characters of whole pages that are kept, and of the pieces they are made of. */
const pageCharacters = 24_000_000
const pieceCharacters = 32_000_000

/** Pages of shares. What was rendered is kept: a share that grows pays for what is new, one that does not for nothing. */
export function createViewer({ log }: { log: Log }) {
  const pieces = createPaintCache(pieceCharacters)
  const pages = createPaintCache(pageCharacters)
  const finishing = new Set<string>()
  return {
    /** The page of a share as it is, if it is kept; `null` asks for `page`. */
    kept: (share: ShareRow, { origin, standalone }: PageOptions): string | null => pages.get(`${shareToVersion(share)} ${standalone} ${origin}`) ?? null,

    async page(open: OpenShare, options: PageOptions): Promise<string> {
      const painter = createPainter(pieces)
      const page = await viewToPage(openShareToView(open), painter, options)
      const version = shareToVersion(open.share)
      if (painter.isComplete()) pages.set(`${version} ${options.standalone} ${options.origin}`, page)
      else if (!finishing.has(version)) {
        finishing.add(version)
        painter.finish()
          .catch((error: unknown) => log.error({ err: error }, 'a shared page could not be coloured'))
          .finally(() => finishing.delete(version))
      }
      return page
    },
  }
}

export function openShareToView({ share, items }: OpenShare): ShareView {
  return itemsToView(items, {
    id: share.id, version: shareToVersion(share), kind: share.kind, title: share.title, created: share.created_at, updated: share.updated_at, syncs: share.syncs,
    live: share.options === null || threadShareOptionsSchema.parse(JSON.parse(share.options)).live,
  })
}

/** Changes whenever the page would: with the share, and with what renders it. */
export const shareToVersion = ({ id, syncs, updated_at }: Pick<ShareRow, 'id' | 'syncs' | 'updated_at'>): string =>
  createHash('sha256').update(`1 ${id} ${syncs} ${updated_at}`).digest('base64url').slice(0, 22)
