import { once } from 'node:events'
import { createRequire } from 'node:module'
import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'

const program = `
  const { parentPort, workerData } = require('node:worker_threads')
  const BetterSqlite3 = require(workerData.module)
  const file = new BetterSqlite3(workerData.path, { readonly: true })
  try {
    parentPort.postMessage(file.pragma('quick_check(1)', { simple: true }))
  } catch (error) {
    if (!/^SQLITE_(?:CORRUPT|NOTADB)/.test(error.code)) throw error
    parentPort.postMessage(error.message)
  } finally {
    file.close()
  }`

/** The first thing wrong with the pages of a database, in SQLite's words; null if they are sound. In a thread: other work goes on. */
export async function checkPages(path: string): Promise<string | null> {
  // While modules are still being evaluated, Nitro does not know where its entry lies, and with it the packages.
  await setImmediate()
  const worker = new Worker(program, { eval: true, env: {}, workerData: { path, module: createRequire(import.meta.url).resolve('better-sqlite3') } })
  worker.unref()
  const [result] = await once(worker, 'message') as [string]
  return result === 'ok' ? null : result
}
