import { highlight } from '~/markdown/highlight'
import { renderMath } from '~/markdown/math'
import { paintMessageSchema, type PaintedMessage } from './markdown/protocol'

addEventListener('message', async (event: MessageEvent<unknown>) => {
  const { id, request } = paintMessageSchema.parse(event.data)
  const answer = (html: string | null) => postMessage({ id, html } satisfies PaintedMessage)
  try {
    answer(request.kind === 'code' ? await highlight(request.text, request.language) : await renderMath(request.text, request.display))
  }
  catch (cause) {
    // A grammar that cannot be loaded (offline before it was cached) leaves the code plain; the fault is still reported.
    answer(null)
    reportError(cause)
  }
})
