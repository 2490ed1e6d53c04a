import { parentPort } from 'node:worker_threads'
import { createViewBuilder, type ShareView } from './model'
import { countPages, viewToPage } from './page'
import { createPaintCache, createPainter } from './paint'
import type { RenderAnswer, RenderForm, RenderRequest } from './render-messages'
import { viewToMarkdown } from './transcript'

/** Characters of the pieces of pages that are kept: a share that grows pays for what is new. */
const pieces = createPaintCache(32_000_000)
/** How long, in ms, a file may take for its colours. */
const filePatience = 10_000
const pieceLength = 256 * 1024

let builder: ReturnType<typeof createViewBuilder> | undefined
/** How many pieces of a file its reader has room for, and who waits for more. */
let room = 0
let onRoom: (() => void) | undefined

parentPort?.on('message', (request: RenderRequest) => {
  switch (request.kind) {
    case 'begin':
      builder = createViewBuilder(request.meta)
      room = 0
      break
    case 'items':
      for (const item of request.items) builder?.add(item)
      break
    case 'render':
      // A bug ends the thread, which whoever asked hears of.
      render(request.form).catch((error: unknown) => queueMicrotask(() => { throw error }))
      break
    case 'more':
      room++
      onRoom?.()
  }
})

const post = (answer: RenderAnswer, bytes: Uint8Array | null = null): void => {
  parentPort?.postMessage(answer, bytes ? [bytes.buffer as ArrayBuffer] : [])
}

async function render(form: RenderForm): Promise<void> {
  const view = builder?.build()
  builder = undefined
  if (!view) throw new Error('there is nothing to render')
  if (form.kind === 'page') return renderPage(view, form)
  const painter = createPainter(pieces, { patience: filePatience })
  await postPieces(form.kind === 'md' ? viewToMarkdown(view) : viewToPage(view, painter, { origin: form.origin, page: 1, standalone: true }))
  post({ kind: 'end' })
}

async function renderPage(view: ShareView, { page, origin, patience }: Extract<RenderForm, { kind: 'page' }>): Promise<void> {
  const pages = countPages(view)
  if (page > pages) return post({ kind: 'page', html: null, pages, isComplete: true })
  const painter = createPainter(pieces, { patience })
  let text = ''
  for await (const piece of viewToPage(view, painter, { origin, page, standalone: false })) text += piece
  const html = new TextEncoder().encode(text)
  post({ kind: 'page', html, pages, isComplete: painter.isComplete() }, html)
}

async function postPieces(texts: AsyncIterable<string> | Iterable<string>): Promise<void> {
  let text = ''
  const flush = async () => {
    while (room === 0) await new Promise<void>((resolve) => { onRoom = resolve })
    room--
    const bytes = new TextEncoder().encode(text)
    text = ''
    post({ kind: 'piece', bytes }, bytes)
  }
  for await (const more of texts) {
    text += more
    if (text.length >= pieceLength) await flush()
  }
  await flush()
}
