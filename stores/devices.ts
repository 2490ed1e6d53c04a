import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { useNuxtApp } from '#app'
import type { z } from 'zod'
import { createError, holdfastErrorSchema, type HoldfastError } from '~/shared/errors'
import { devicesAnswerSchema, pairAnswerSchema, type Device } from '~/shared/protocol/spsk'
import { ok, type Result } from '~/shared/result'
import type { CallRequest } from '~/workers/api'

export type PairingOffer = Pick<z.infer<typeof pairAnswerSchema>, 'code' | 'url' | 'expiresAt'>

/** The devices of this space, as the server knows them. */
export const useDevicesStore = defineStore('devices', () => {
  const database = useNuxtApp().$database

  const devices = shallowRef<Device[]>([])
  const loaded = ref(false)
  /** What the space's rows take on the server, where that comes near what they may. */
  const nearFull = shallowRef<{ used: number, quota: number } | null>(null)
  const error = shallowRef<HoldfastError | null>(null)

  /** Asks our server; an answer that is not what was agreed on is `internal`. */
  async function ask<T>(request: CallRequest<'server-request'>, parse: (body: unknown) => T | null): Promise<Result<T, HoldfastError>> {
    const answer = await database.call('server-request', request)
    if (!answer.ok) return answer
    const { status, body } = answer.value
    if (status < 400) {
      const value = parse(body)
      if (value !== null) return ok(value)
    }
    const failure = holdfastErrorSchema.safeParse(typeof body === 'object' && body !== null && 'error' in body ? body.error : null)
    return { ok: false, error: failure.success ? failure.data : createError('internal', `The server answered ${status}.`) }
  }

  async function refresh(): Promise<void> {
    const answer = await ask({ method: 'GET', path: '/auth/spsk' }, (body) => devicesAnswerSchema.safeParse(body).data ?? null)
    error.value = answer.ok ? null : answer.error
    if (!answer.ok) return
    devices.value = answer.value.devices
    nearFull.value = answer.value.nearFull ?? null
    loaded.value = true
  }

  async function rename(id: string, deviceName: string): Promise<Result<true, HoldfastError>> {
    const answer = await ask({ method: 'PATCH', path: `/auth/spsk/${encodeURIComponent(id)}`, body: { deviceName } }, () => true as const)
    await refresh()
    return answer
  }

  async function revoke(id: string): Promise<Result<true, HoldfastError>> {
    const answer = await ask({ method: 'DELETE', path: `/auth/spsk/${encodeURIComponent(id)}` }, () => true as const)
    await refresh()
    return answer
  }

  /** A one-time code with which another device joins this space. */
  const offerPairing = (): Promise<Result<PairingOffer, HoldfastError>> =>
    ask({ method: 'POST', path: '/auth/spsk/pair', body: {} }, (body) => pairAnswerSchema.safeParse(body).data ?? null)

  return { devices, loaded, nearFull, error, refresh, rename, revoke, offerPairing }
})
