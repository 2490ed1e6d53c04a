import { createServer, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorStatus } from '~/shared/errors'
import type { Context } from '../context'
import { toStorageFailure } from '../sql/storage-failure'
import { createToken, hashesEqual, hashSecret } from './secrets'

/** What `npm run pair` gets: a code for the owner's space, or the claim code while nobody has claimed the server. */
type PairCommandAnswer =
  | { ok: true, kind: 'pairing', code: string, url: string | null, expiresAt: number }
  | { ok: true, kind: 'claim', code: string, url: null, expiresAt: null }

const pairFileName = 'pair.json'

/**
 * The server's half of `npm run pair`. The database belongs to this process, so the command asks it: a listener of its own on this
 * machine, apart from the public one and whatever proxies stand before it. Its port and secret are in `<data folder>/pair.json`, which
 * only the owner of the folder can read: `{ "port": number, "secret": string }`. The command sends
 * `POST http://127.0.0.1:<port>/` with `Authorization: Bearer <secret>` and prints the answer, a `PairCommandAnswer`.
 */
export async function startPairCommand(context: Context): Promise<{ close(): Promise<void> }> {
  const secret = createToken()
  const file = join(context.config.dataDir, pairFileName)
  const server = createServer((request, response) => {
    const answer = (status: number, body: object) => response.writeHead(status, { 'content-type': 'application/json', 'connection': 'close' }).end(JSON.stringify(body))
    if (request.method !== 'POST' || !isAllowed(request, secret)) return void answer(403, { ok: false })
    issueCode(context).then((issued) => answer(200, issued), (error: unknown) => {
      context.log.error({ err: error }, 'no pairing code could be made')
      const failure = toStorageFailure(error)?.error
      answer(failure ? errorStatus[failure.code] : 500, { ok: false, ...(failure ? { error: failure } : {}) })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port for the pairing command')
  // Written beside and renamed: the command never reads half a file, and it is never readable by others.
  writeFileSync(`${file}.new`, JSON.stringify({ port: address.port, secret }), { mode: 0o600 })
  renameSync(`${file}.new`, file)
  return {
    async close() {
      rmSync(file, { force: true })
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** A page in this machine's browser may reach the port, but not know the secret. */
const isAllowed = (request: IncomingMessage, secret: string): boolean =>
  hashesEqual(hashSecret(request.headers.authorization ?? ''), hashSecret(`Bearer ${secret}`))

/** A code at any time, so that nobody is ever locked out of their own server (sync.md §5). */
async function issueCode({ spaces, codes, database }: Context): Promise<PairCommandAnswer> {
  const first = await spaces.first()
  const claimCode = codes.claimCode()
  if (first === null && claimCode !== null) return { ok: true, kind: 'claim', code: claimCode, url: null, expiresAt: null }
  return { ok: true, kind: 'pairing', ...(await codes.issue(first ?? await spaces.create(database))) }
}
