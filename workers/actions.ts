import type { z } from 'zod'
import { createError, HoldfastException } from '~/shared/errors'
import type { actions as schemas } from './api'
import type { BlobFiles } from './blobs/blob-files'
import { addBlob } from './blobs/add-blob'
import type { DeviceBlobs } from './blobs/device-blobs'
import type { LocalDatabase } from './database/open'
import type { ClosedFiles } from './database/storage'
import type { Progress } from './runs/progress'
import type { createStops } from './runs/stop'
import type { createDeviceNames } from './secrets/device-names'
import type { IdentityStore } from './secrets/identity'
import type { ServerDoor } from './secrets/server-door'
import { clearSecrets, type SecretsDatabase } from './secrets/store'
import type { SyncClient } from './sync/ports'
import type { Schedule } from './tabs/channel-message'
import type { Emit } from './tabs/tab'

type Schemas = typeof schemas
export type Actions = { [N in keyof Schemas]: (request: z.output<Schemas[N]['request']>) => Promise<z.output<Schemas[N]['answer']>> }

export interface ActionDeps {
  db: LocalDatabase
  now: () => number
  schedule: Schedule
  identity: IdentityStore
  door: ServerDoor
  sync: SyncClient
  stops: ReturnType<typeof createStops>
  progress: Progress
  names: ReturnType<typeof createDeviceNames>
  blobs: Pick<DeviceBlobs, 'actions'>
  blobFiles: BlobFiles
  /** Null where there are no files. */
  closedFiles: ClosedFiles | null
  secrets: SecretsDatabase
  /** Names a deletion of local data. */
  newMark(): string
  emit: Emit
  /** The device was given another token, or lost it. */
  tokenChanged(): void
  /** The database to open is another one now. */
  resignSoon(): void
  reconnect(): void
}

/** What the leader answers besides mutations. Expected failures are thrown as HoldfastException. */
export function createActions(deps: ActionDeps): Actions {
  const { db, identity, door, names } = deps
  const breathe = () => new Promise<void>((resolve) => void deps.schedule(resolve, 0))
  /** A text that is too long for a row, as a file. */
  async function keepText(text: string) {
    const { part } = await addBlob(deps.blobFiles, { file: new Blob([text]), name: 'text.txt', mime: 'text/plain' })
    await deps.blobs.actions['upload-blob']({ part })
    return part
  }

  return {
    ...deps.blobs.actions,
    async 'pair'({ deviceName, pairingCode, claimCode }) {
      const minted = await door.mint({ deviceName, ...(pairingCode ? { pairingCode } : {}), ...(claimCode ? { claimCode } : {}) })
      if (!minted.ok) throw new HoldfastException(minted.error)
      if (minted.value.newFile) deps.resignSoon()
      else deps.tokenChanged()
      return {}
    },
    async 'server-request'({ method, path, body }) {
      const answer = await door.request(method, path, body)
      if (!answer.ok) throw new HoldfastException(answer.error)
      if (path === '/auth/spsk' && method === 'GET') await names.take(answer.value.body)
      if (path.startsWith('/auth/spsk/') && method !== 'GET') void names.read()
      return answer.value
    },
    async 'stop-run'({ run }) {
      await deps.stops.stop(run)
      return {}
    },
    'watch-run': async ({ run }) => deps.progress.snapshot(run),
    async 'sign-out'({ wipe }) {
      const { tokenId } = identity.current()
      if (tokenId) await door.request('DELETE', `/auth/spsk/${encodeURIComponent(tokenId)}`)
      if (!wipe) {
        await identity.signOut(false)
        deps.tokenChanged()
        return {}
      }
      // The identity last: until then a deletion that failed is asked for again.
      await clearSecrets(deps.secrets)
      await deps.blobFiles.clear()
      await identity.signOut(true)
      deps.emit('secrets-changed', { connected: false })
      deps.emit('local-data-deleted', { mark: deps.newMark() })
      deps.resignSoon()
      return {}
    },
    // What is asked for seldom is loaded then: a start needs none of it.
    async 'export'({ format }) {
      const { exportFile, exportJson } = await import('./database/export')
      if (format === 'sqlite') return exportFile(db.driver, deps.now())
      const { readAllServerAside } = await import('./aside-calls')
      const server = await readAllServerAside(door)
      return exportJson(db.driver, deps.now(), server && server.length > 0 ? server : null)
    },
    async 'import'({ mutation, text }) {
      const { importArchive } = await import('./database/import')
      return importArchive(db, mutation, text, { pause: breathe, keepText })
    },
    async 'former-files'() {
      return { files: await deps.closedFiles?.find(identity.current().formerFiles) ?? [] }
    },
    async 'export-former'({ file }) {
      const bytes = identity.current().formerFiles.includes(file) ? await deps.closedFiles?.read(file) : null
      if (!bytes) throw new HoldfastException(createError('not_found', 'This database is not on this device any more.'))
      return { bytes, name: `holdfast-${file}.sqlite3` }
    },
    async 'delete-former'({ file }) {
      const { formerFiles } = identity.current()
      if (!formerFiles.includes(file)) return {}
      await deps.closedFiles?.remove([file])
      await identity.save({ formerFiles: formerFiles.filter((other) => other !== file) })
      return {}
    },
    async 'check-sync'() {
      const checked = await deps.sync.check()
      if (!checked.ok) throw new HoldfastException(checked.error)
      return checked.value
    },
    async 'server-aside'({ retry }) {
      const { readServerAside, returnOwnRows } = await import('./aside-calls')
      const server = await readServerAside(door, retry ? 'POST' : 'GET')
      const returned = retry ? await returnOwnRows(db, deps.sync) + (server?.returned ?? 0) : 0
      return { returned, server: server && { count: server.count, keys: server.keys.map(({ t, k, reason, at, changes, waiting }) => ({ table: t, key: k, reason, at, changes: waiting ?? changes.length })) } }
    },
    async 'reconnect'() {
      deps.reconnect()
      return {}
    },
  }
}
