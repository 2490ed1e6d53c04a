import type { MarkdownPainter } from '~/markdown/painter'
import { paintedMessageSchema } from './protocol'

/** The page's end of the markdown worker, which is started when it is first needed. When it cannot run, text stays as the page shows it. */
export function createMarkdownPainter(startWorker: () => Worker): MarkdownPainter {
  const waiting = new Map<number, (html: string | null) => void>()
  let worker: Worker | null | undefined
  let lastId = 0

  function giveUp(): void {
    worker?.terminate()
    worker = null
    for (const resolve of waiting.values()) resolve(null)
    waiting.clear()
  }

  function start(): Worker {
    const started = startWorker()
    started.addEventListener('message', (event: MessageEvent<unknown>) => {
      const { id, html } = paintedMessageSchema.parse(event.data)
      waiting.get(id)?.(html)
      waiting.delete(id)
    })
    // An error without a position means that the script itself could not be loaded.
    started.addEventListener('error', (event) => {
      if (!event.lineno) giveUp()
    })
    return started
  }

  return {
    paint(request) {
      if (worker === undefined) worker = start()
      const running = worker
      if (running === null) return Promise.resolve(null)
      return new Promise((resolve) => {
        const id = ++lastId
        waiting.set(id, resolve)
        running.postMessage({ id, request })
      })
    },
  }
}
