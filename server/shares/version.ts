import { createHash } from 'node:crypto'
import type { ShareRow } from './store'

/** Changes whenever the page would: with the share, and with what renders it. */
export const shareToVersion = ({ id, syncs, updated_at }: Pick<ShareRow, 'id' | 'syncs' | 'updated_at'>): string =>
  createHash('sha256').update(`2 ${id} ${syncs} ${updated_at}`).digest('base64url').slice(0, 22)
