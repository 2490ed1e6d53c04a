import { unreachable } from '~/shared/errors'
import { ok, err, type Result } from '~/shared/result'
import type { IdentityStore } from '../secrets/identity'
import type { ServerDoor } from '../secrets/server-door'
import type { BlobRequest } from './uploads'

export interface BlobDoorOptions { identity: IdentityStore, door: Pick<ServerDoor, 'renew'>, fetch: typeof fetch, origin: string }

const patienceMs = 60_000
/** A slow line still moves 8 KB a second. */
const msPerByte = 1 / 8

/** Requests about blobs in this device's name. A token that has just expired is renewed once on the way. */
export function createBlobDoor({ identity, door, fetch, origin }: BlobDoorOptions): BlobRequest {
  async function send(...[method, sha256, body]: Parameters<BlobRequest>): Promise<Result<Response>> {
    const { token } = identity.current()
    const headers = { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body ? { 'content-type': body.type || 'application/octet-stream' } : {}) }
    // What is fetched may be as large as anything.
    const signal = AbortSignal.timeout(method === 'GET' ? 15 * patienceMs : patienceMs + Math.ceil((body?.size ?? 0) * msPerByte))
    try {
      return ok(await fetch(`${origin}/blob/${sha256}`, { method, headers, body, signal }))
    } catch {
      return err(unreachable())
    }
  }

  return async (method, sha256, body) => {
    const answer = await send(method, sha256, body)
    if (!answer.ok || answer.value.status !== 401 || !identity.current().token) return answer
    const renewed = await door.renew()
    return renewed.ok ? send(method, sha256, body) : answer
  }
}
