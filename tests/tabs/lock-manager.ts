/**
 * Web Locks for Node, which has none before 24: exclusive locks with a queue, `signal` and `steal`, as
 * https://www.w3.org/TR/web-locks/ says. Each client is a tab; a client that dies lets go of all it held.
 */
interface Request { client: string, grant(): void, refuse(reason: unknown): void }

const aborted = () => new DOMException('the request was aborted', 'AbortError')

export function createLocks() {
  const held = new Map<string, Request>()
  const queues = new Map<string, Request[]>()

  function next(name: string) {
    const queue = queues.get(name) ?? []
    const request = held.has(name) ? undefined : queue.shift()
    if (!request) return
    held.set(name, request)
    request.grant()
  }

  function client(id: string): LockManager {
    return {
      request(name: string, options: LockOptions | LockGrantedCallback<unknown>, callback?: LockGrantedCallback<unknown>): Promise<unknown> {
        if (typeof options === 'function' || !callback) throw new TypeError('options and a callback are expected')
        return new Promise((resolve, reject) => {
          const request: Request = {
            client: id,
            refuse: reject,
            grant() {
              void Promise.resolve(callback({ name, mode: 'exclusive' })).then(resolve, reject).finally(() => {
                if (held.get(name) !== request) return
                held.delete(name)
                next(name)
              })
            },
          }
          const queue = queues.get(name) ?? []
          queues.set(name, queue)
          if (options.steal) {
            held.get(name)?.refuse(aborted())
            held.delete(name)
            queue.unshift(request)
          } else {
            queue.push(request)
          }
          options.signal?.addEventListener('abort', () => {
            const at = queue.indexOf(request)
            if (at < 0) return
            queue.splice(at, 1)
            reject(aborted())
          })
          queueMicrotask(() => next(name))
        })
      },
      query: () => Promise.resolve({}),
    } as LockManager
  }

  return {
    client,
    holder: (name: string): string | undefined => held.get(name)?.client,
    die(id: string) {
      for (const queue of queues.values()) for (let i = queue.length - 1; i >= 0; i--) if (queue[i]!.client === id) queue.splice(i, 1)
      for (const [name, request] of [...held]) {
        if (request.client !== id) continue
        held.delete(name)
        next(name)
      }
    },
  }
}
