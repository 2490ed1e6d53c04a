import type { StoredItem } from '../store'
import type { ShareMeta } from './model'

/** What is made of a share: one page of it, which may take `patience` ms for its colours, or a file. */
export type RenderForm = { kind: 'page', page: number, origin: string, patience: number } | { kind: 'html', origin: string } | { kind: 'md' }

/** To the rendering thread: a share, its items, what to make of them; and for a file, that its reader has room for another piece. */
export type RenderRequest = { kind: 'begin', meta: ShareMeta } | { kind: 'items', items: StoredItem[] } | { kind: 'render', form: RenderForm } | { kind: 'more' }

/** A page, null when there is no such one, and whether it has all its colours. */
export interface RenderedPage { kind: 'page', html: Uint8Array | null, pages: number, isComplete: boolean }

/** From it: a page, or the pieces of a file. */
export type RenderAnswer = RenderedPage | { kind: 'piece', bytes: Uint8Array } | { kind: 'end' }
