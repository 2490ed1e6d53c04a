import { Worker, type TransferListItem } from 'node:worker_threads'

/** A thread that did not finish: it took too long, or too much memory, or broke. It was ended; the next job gets a new one. */
export class ThreadFailure extends Error {
  override name = 'ThreadFailure'
  constructor(readonly reason: 'time' | 'memory' | 'fault', options?: { cause?: unknown }) {
    super(`a thread was ended: ${reason}`, options)
  }
}

export interface Job<Out> {
  /** Hands over what the job needs. The budget runs from its end. */
  send(post: (message: unknown, transfer?: TransferListItem[]) => void): Promise<void> | void
  /** Takes one message of the thread. Anything but undefined is the job's result, and ends it. */
  receive(message: unknown): Out | undefined
  /** How long the thread may work, in ms. */
  budget: number
}

export interface Thread {
  /** Runs one job after the other. Rejects with a `ThreadFailure`, or what `send` or `receive` throws. */
  run<Out>(job: Job<Out>): Promise<Out>
  close(): Promise<void>
}

/** `load` gives the thread's code, `memory` is the heap it may take in MiB, `idle` how long it stays without a job, in ms. */
export interface ThreadOptions { load(): Promise<{ default: string }>, memory: number, idle: number }

/** A thread for work that would hold everyone up. It starts with its first job and goes when it has none for a while. */
export function createThread({ load, memory, idle }: ThreadOptions): Thread {
  let worker: Worker | undefined
  let last: Promise<unknown> = Promise.resolve()
  let leaving: ReturnType<typeof setTimeout> | undefined

  async function start(): Promise<Worker> {
    clearTimeout(leaving)
    if (worker) return worker
    const started = new Worker((await load()).default, {
      eval: true, env: {}, argv: [], execArgv: [], resourceLimits: { maxOldGenerationSizeMb: memory, maxYoungGenerationSizeMb: 32 },
    })
    worker = started
    // A server that stops waits for none of them. What goes wrong between jobs ends it, too.
    started.unref()
    started.on('error', () => end(started)).on('exit', () => forget(started))
    // Its start is part of no job's budget: on a busy machine it takes long, and an honest job would be called endless.
    await new Promise<void>((resolve) => void started.once('online', () => resolve()).once('exit', () => resolve()))
    if (worker !== started) throw new ThreadFailure('fault')
    return started
  }

  function forget(one: Worker | undefined): void {
    if (worker === one) worker = undefined
  }

  async function end(one: Worker | undefined): Promise<void> {
    forget(one)
    await one?.terminate()
  }

  async function runNow<Out>({ send, receive, budget }: Job<Out>): Promise<Out> {
    const thread = await start()
    let timer: ReturnType<typeof setTimeout> | undefined
    const heard = new AbortController()
    try {
      return await new Promise<Out>((resolve, reject) => {
        const listen = <Argument>(event: string, take: (argument: Argument) => void) => {
          thread.on(event, take)
          heard.signal.addEventListener('abort', () => thread.off(event, take))
        }
        listen('error', (cause: Error) => reject(new ThreadFailure(isMemoryFailure(cause) ? 'memory' : 'fault', { cause })))
        listen('exit', () => reject(new ThreadFailure('fault')))
        listen('messageerror', (cause: Error) => reject(new ThreadFailure('fault', { cause })))
        listen('message', (message: unknown) => {
          try {
            const result = receive(message)
            if (result !== undefined) resolve(result)
          } catch (error) {
            reject(error)
          }
        })
        Promise.resolve(send((message, transfer) => thread.postMessage(message, transfer))).then(() => {
          timer = setTimeout(() => reject(new ThreadFailure('time')), budget)
        }, reject)
      })
    } catch (error) {
      await end(thread)
      throw error
    } finally {
      clearTimeout(timer)
      heard.abort()
      leaving = setTimeout(() => void end(thread), idle).unref()
    }
  }

  return {
    run(job) {
      const mine = last.then(() => runNow(job))
      last = mine.then(() => undefined, () => undefined)
      return mine
    },
    async close() {
      clearTimeout(leaving)
      await end(worker)
    },
  }
}

const isMemoryFailure = (error: Error): boolean => 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
