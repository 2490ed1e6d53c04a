import { parentPort } from 'node:worker_threads'
import { HoldfastException } from '~/shared/errors'
import { checkPdf } from './pdf-check'
import { checkSvg } from './svg-check'
import type { CheckAnswer, CheckRequest } from './thread-check'

/** Looks into files in a thread of its own: what takes long here holds nobody up, and is ended from outside. */
parentPort?.on('message', ({ kind, bytes }: CheckRequest) => {
  check(kind, Buffer.from(bytes)).then((answer) => parentPort?.postMessage(answer), (error: unknown) => {
    // A bug ends the thread, which whoever asked hears of.
    queueMicrotask(() => { throw error })
  })
})

async function check(kind: CheckRequest['kind'], bytes: Buffer): Promise<CheckAnswer> {
  try {
    await (kind === 'svg' ? checkSvg(bytes) : checkPdf(bytes))
    return { error: null }
  } catch (error) {
    if (error instanceof HoldfastException) return { error: error.error }
    throw error
  }
}
