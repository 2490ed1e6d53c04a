import { Readable } from 'node:stream'
import type { Log } from '../../log'
import { createFairTurns } from '../../threads/fair-turns'
import { createThread, ThreadFailure, type Job } from '../../threads/thread'
import { threadShareOptionsSchema } from '~/shared/protocol/share'
import type { ShareQuotas } from '../quotas'
import type { OpenShare } from '../read'
import { shareToVersion } from '../version'
import type { ShareMeta } from './model'
import type { RenderAnswer, RenderedPage, RenderForm, RenderRequest } from './render-messages'

/** The heap, in MiB, in which the largest share that a quota allows can be read. */
const memory = 640

/** How long, in ms, the first reader of a page waits for its colours; how often, and how long, the next one's are worked at. */
const firstMs = 200
const rounds = 6
const roundMs = 1_500

type PageForm = Pick<Extract<RenderForm, { kind: 'page' }>, 'page' | 'origin'>
type Post = Parameters<Job<unknown>['send']>[0]

/** Renders shares in threads, one for pages and one for files: neither their size nor their content holds the server up. */
export function createRenderer({ log, quotas }: { log: Log, quotas: Pick<ShareQuotas, 'pageMs' | 'fileMs'> }) {
  const load = () => import('#thread/server/shares/viewer/render.thread')
  const pages = createThread({ load, memory, idle: 60_000 })
  const files = createThread({ load, memory, idle: 10_000 })
  const limits = { atOnce: 1, waiting: 8, waitingTogether: 64 }
  const pageTurns = createFairTurns(limits)
  const fileTurns = createFairTurns(limits)

  const renderPage = (turn: string, open: OpenShare, form: RenderForm) => pageTurns(turn, () => pages.run<RenderedPage>({
    budget: quotas.pageMs,
    send: (post) => send(post, open, form),
    receive(message) {
      const answer = message as RenderAnswer
      return answer.kind === 'page' ? answer : undefined
    },
  }))

  async function colour(open: OpenShare, form: PageForm, better: (page: RenderedPage) => void): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      const page = await renderPage(`${open.share.id} colours`, open, { ...form, kind: 'page', patience: roundMs })
      better(page)
      if (page.isComplete) return
    }
  }

  return {
    /**
     * A page with the colours that are quickly had; `better` is called with the same page in more of them, made in turns of their own,
     * so that others' pages come in between. Rejects with `ThreadFailure` or `rate_limited`.
     */
    async page(open: OpenShare, form: PageForm, better: (page: RenderedPage) => void): Promise<RenderedPage> {
      const first = await renderPage(open.share.id, open, { ...form, kind: 'page', patience: firstMs })
      if (!first.isComplete) colour(open, form, better).catch((error: unknown) => log.debug({ err: error }, 'a shared page keeps the colours that it has'))
      return first
    },

    /** A share as one file, made as it is read. Fails as `page` does. */
    file(open: OpenShare, form: Exclude<RenderForm, { kind: 'page' }>): Readable {
      let post: Post | undefined
      let wanted = 0
      const more = () => post?.({ kind: 'more' } satisfies RenderRequest)
      const stream = new Readable({ highWaterMark: 1, read() {
        wanted++
        more()
      } })
      fileTurns(open.share.id, () => files.run<true>({
        budget: quotas.fileMs,
        async send(given) {
          await send(given, open, form)
          post = given
          for (let piece = 0; piece < wanted; piece++) more()
          if (stream.destroyed) more()
        },
        receive(message) {
          const answer = message as RenderAnswer
          if (stream.destroyed) throw new ThreadFailure('fault')
          if (answer.kind === 'piece') stream.push(answer.bytes)
          return answer.kind === 'end' || undefined
        },
      })).then(() => stream.push(null), (error: Error) => stream.destroy(error))
      // What is given up is asked for once more, and ends with the piece that comes: its thread would wait for a reader until its time was up.
      stream.once('close', () => stream.readableEnded || more())
      // It may fail before it is read: whoever reads it then hears of it.
      stream.on('error', () => undefined)
      return stream
    },

    close: async () => void await Promise.all([pages.close(), files.close()]),
  }
}

async function send(post: Post, open: OpenShare, form: RenderForm): Promise<void> {
  const tell = (request: RenderRequest) => post(request)
  tell({ kind: 'begin', meta: shareToMeta(open.share) })
  for await (const items of open.read()) tell({ kind: 'items', items })
  tell({ kind: 'render', form })
}

function shareToMeta(share: OpenShare['share']): ShareMeta {
  return {
    id: share.id, version: shareToVersion(share), kind: share.kind, title: share.title, created: share.created_at, updated: share.updated_at, syncs: share.syncs,
    live: share.options === null || threadShareOptionsSchema.parse(JSON.parse(share.options)).live,
  }
}
