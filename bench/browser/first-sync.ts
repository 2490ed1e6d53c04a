import type { DeviceId } from '~/shared/domain/ids'
import { ok } from '~/shared/result'
import { closedFiles } from '~/workers/database/storage'
import { createSyncClient } from '~/workers/sync/client'
import { openSyncSocket } from '~/workers/sync/socket'
import { scheduleByTimer } from '~/workers/tabs/schedule'
import { openReplica, randomBytes } from './replica'

export interface FirstSync {
  file: string
  token: string
  deviceId: DeviceId
  /** As for a device that cannot take the server's image, for it is of an older build. */
  rowsOnly: boolean
  /** The file stays, for another measure to read. */
  keep: boolean
}

/** From an empty file to `Synced` over the app's own sync client, in ms, with the wasm loaded before. */
export async function measureFirstSync({ file, token, deviceId, rowsOnly, keep }: FirstSync) {
  const started = performance.now()
  const { db, bytes } = await openReplica(file, deviceId)
  const refuseImage = (path: string) => rowsOnly && path.startsWith('/snapshot/') && !path.includes('format=rows')
  let isSynced = () => {}
  const synced = new Promise<void>((resolve) => {
    isSynced = resolve
  })
  const client = createSyncClient({
    db, randomBytes, now: Date.now, schedule: scheduleByTimer,
    openSocket: openSyncSocket(`${location.origin.replace(/^http/, 'ws')}/sync`),
    fetch: (path, init) => (refuseImage(path) ? Promise.resolve(new Response(null, { status: 404 })) : fetch(path, init)),
    identity: { token: () => token, saveToken: () => {}, renewToken: () => Promise.resolve(ok(undefined)), onChange: () => () => {} },
    events: { onState: ({ state }) => void (state === 'synced' && isSynced()) },
  })
  client.start()
  await synced
  const ms = performance.now() - started
  const { messages } = db.driver.get<{ messages: number }>('select count(*) as messages from message')!
  const size = bytes()
  client.stop()
  db.close()
  if (!keep) await closedFiles.remove([file])
  return { ms, messages, bytes: size }
}
