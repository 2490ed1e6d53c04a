import type { StoredItem } from '../store'
import type { ShareMeta } from './model'

/** What is made of a share: one page of it, or a file. */
export type RenderForm = { kind: 'page', page: number, origin: string } | { kind: 'html', origin: string } | { kind: 'md' }

/** To the rendering thread: a share, its items, what to make of them; and for a file, that its reader has room for another piece. */
export type RenderRequest = { kind: 'begin', meta: ShareMeta } | { kind: 'items', items: StoredItem[] } | { kind: 'render', form: RenderForm } | { kind: 'more' }

/** A page, null when there is no such one. It comes again with more of its colours until it is final. */
export interface RenderedPage { kind: 'page', html: Uint8Array | null, pages: number, isFinal: boolean }

/** From it: a page, or the pieces of a file. */
export type RenderAnswer = RenderedPage | { kind: 'piece', bytes: Uint8Array } | { kind: 'end' }
