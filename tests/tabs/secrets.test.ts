import 'fake-indexeddb/auto'
import { webcrypto } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { SpaceId } from '~/shared/domain/ids'
import { describeDevice, openIdentity } from '~/workers/secrets/identity'
import { createOpenRouterKey, maskKey } from '~/workers/secrets/openrouter-key'
import { openSecretsDatabase } from '~/workers/secrets/store'
import { createRandom } from '../sync/random'

let stores = 0
const newStore = () => openSecretsDatabase(`secrets-${process.pid}-${++stores}`)
const secret = `sk-or-v1-${'0123456789abcdef'.repeat(4)}`
const grant = { token: 'a'.repeat(43), tokenId: 'token-1', spaceId: 'space-0001', expiresAt: 5 }

describe('the key at rest', () => {
  it('[AU90] comes back as it was, and stands nowhere in the store in plain', async () => {
    const store = newStore()
    const key = createOpenRouterKey(store, webcrypto as Crypto, () => 7)
    await key.save(secret)
    expect(await key.read()).toBe(secret)
    expect(await key.state()).toEqual({ masked: 'sk-or-v1-01…cdef', savedAt: 7 })
    const rows = await store.secrets.toArray()
    const bytes = rows.flatMap((row) => [Buffer.from(row.data), Buffer.from(row.iv), Buffer.from(JSON.stringify(row))])
    expect(Buffer.concat(bytes).includes(secret.slice(12, -4))).toBe(false)
  })

  it('[AU91] is wrapped by a key that cannot be taken out, the same for every tab', async () => {
    const store = newStore()
    const [one, two] = [createOpenRouterKey(store, webcrypto as Crypto, () => 1), createOpenRouterKey(store, webcrypto as Crypto, () => 2)]
    await Promise.all([one.save(secret), two.save(secret)])
    const wraps = await store.wraps.toArray()
    expect(wraps).toHaveLength(1)
    expect(wraps[0]!.key.extractable).toBe(false)
    await expect(webcrypto.subtle.exportKey('raw', wraps[0]!.key)).rejects.toThrow()
    expect(await one.read()).toBe(secret)
  })

  it('[AU92] is gone after log out', async () => {
    const key = createOpenRouterKey(newStore(), webcrypto as Crypto, () => 1)
    await key.save(secret)
    await key.clear()
    expect(await key.read()).toBeNull()
    expect(await key.state()).toEqual({ masked: null, savedAt: null })
  })

  it('[AU93] a mask tells two keys apart and no more', () => {
    expect(maskKey('short-key')).toBe('sh…')
    expect(maskKey(secret).length).toBeLessThan(20)
  })
})

describe('the identity', () => {
  const open = (store: ReturnType<typeof newStore>, seed = 1) => openIdentity(store, createRandom(seed).bytes, 'Test')

  it('[AU94] is made once, also by two workers at the same time', async () => {
    const store = newStore()
    const [one, two] = await Promise.all([open(store, 1), open(store, 2)])
    expect(one.current()).toEqual(two.current())
    expect((await open(store, 3)).current().deviceId).toBe(one.current().deviceId)
  })

  it('[AU95] a local file keeps its name when it gets its space, and another space gets another file', async () => {
    const identity = await open(newStore())
    const { file } = identity.current()
    expect(await identity.grant(grant)).toEqual({ newFile: false })
    expect(identity.current()).toMatchObject({ file, spaceId: 'space-0001', token: grant.token })
    expect(await identity.grant({ ...grant, token: 'b'.repeat(43) })).toEqual({ newFile: false })
    expect(await identity.grant({ ...grant, spaceId: 'space-0002' })).toEqual({ newFile: true })
    expect(identity.current().file).not.toBe(file)
    expect(identity.current()).toMatchObject({ formerFiles: [file], spaceId: 'space-0002' as SpaceId })
  })

  it('[AU96] a leader that has not seen a token does not overwrite it', async () => {
    const store = newStore()
    const [old, next] = [await open(store), await open(store)]
    await old.grant(grant)
    expect(await next.save({ claimNeeded: true })).toMatchObject({ token: grant.token })
    expect(next.current().token).toBe(grant.token)
  })

  it('[AU97] names a device after its browser and system', () => {
    expect(describeDevice('Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36')).toBe('Chrome on Linux')
    expect(describeDevice('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 (KHTML, like Gecko) Version/18.0 Safari/604.1')).toBe('Safari on iOS')
    expect(describeDevice('curl/8')).toBe('Browser')
  })
})
