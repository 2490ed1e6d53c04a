import { Readable } from 'node:stream'
import type { Log } from '../../log'
import { createFairTurns } from '../../threads/fair-turns'
import { createThread, type Job } from '../../threads/thread'
import { threadShareOptionsSchema } from '~/shared/protocol/share'
import type { ShareQuotas } from '../quotas'
import type { OpenShare } from '../read'
import { shareToVersion } from '../version'
import type { ShareMeta } from './model'
import type { RenderAnswer, RenderedPage, RenderForm, RenderRequest } from './render-messages'

/** The heap, in MiB, in which the largest share that a quota allows can be read. */
const memory = 640

type Post = Parameters<Job<unknown>['send']>[0]

/** Renders shares in threads, one for pages and one for files: neither their size nor their content holds the server up. */
export function createRenderer({ log, quotas }: { log: Log, quotas: Pick<ShareQuotas, 'pageMs' | 'fileMs'> }) {
  const load = () => import('#thread/server/shares/viewer/render.thread')
  const pages = createThread({ load, memory, idle: 60_000 })
  const files = createThread({ load, memory, idle: 10_000 })
  const limits = { atOnce: 1, waiting: 8, waitingTogether: 64 }
  const pageTurns = createFairTurns(limits)
  const fileTurns = createFairTurns(limits)

  return {
    /** A page as soon as it can be read; `better` is called with the same page in more colours. Rejects with `ThreadFailure` or `rate_limited`. */
    page(open: OpenShare, form: Extract<RenderForm, { kind: 'page' }>, better: (page: RenderedPage) => void): Promise<RenderedPage> {
      return new Promise((resolve, reject) => {
        let isFirst = true
        pageTurns(open.share.id, () => pages.run<true>({
          budget: quotas.pageMs,
          send: (post) => send(post, open, form),
          receive(message) {
            const answer = message as RenderAnswer
            if (answer.kind !== 'page') return undefined
            if (isFirst) resolve(answer)
            else better(answer)
            isFirst = false
            return answer.isFinal || undefined
          },
        })).catch((error: unknown) => {
          if (!isFirst) log.debug({ err: error }, 'a shared page keeps the colours that it has')
          reject(error)
        })
      })
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
        },
        receive(message) {
          const answer = message as RenderAnswer
          if (answer.kind === 'piece') stream.push(answer.bytes)
          return answer.kind === 'end' || undefined
        },
      })).then(() => stream.push(null), (error: Error) => stream.destroy(error))
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
