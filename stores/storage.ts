import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { useNuxtApp } from '#app'
import { newMutation } from '~/stores/newId'
import type { HoldfastError } from '~/shared/errors'
import type { Result } from '~/shared/result'
import type { CallAnswer, QueryAnswer } from '~/workers/api'

export type RejectedChange = QueryAnswer<'rejected'>[number]

/** What this device holds: how much, where, whether it agrees with the server, and how to take it along. */
export const useStorageStore = defineStore('storage', () => {
  const database = useNuxtApp().$database

  const storage = shallowRef<QueryAnswer<'storage'> | null>(null)
  const rejected = shallowRef<QueryAnswer<'rejected'>>([])
  /** What could not be read: on this device, and on the server as far as it was asked. */
  const aside = shallowRef<QueryAnswer<'aside'> | null>(null)
  const serverAside = shallowRef<QueryAnswer<'aside'> | null>(null)
  const error = shallowRef<HoldfastError | null>(null)
  /** The browser's word after it was asked to keep the data; null while it was not asked. */
  const keptAfterAsking = ref<boolean | null>(null)

  database.watch('storage', {}, (answer) => {
    storage.value = answer
    error.value = null
  }, (failure) => {
    error.value = failure
  })
  database.watch('rejected', {}, (answer) => {
    rejected.value = answer
  })

  database.watch('aside', {}, (answer) => {
    aside.value = answer
  })

  /** Asks what the server keeps aside; with `retry` it is tried again first, and so is what this device keeps. */
  async function readServerAside(retry: boolean): Promise<Result<CallAnswer<'server-aside'>, HoldfastError>> {
    const answer = await database.call('server-aside', { retry })
    if (answer.ok && answer.value.server) serverAside.value = answer.value.server
    return answer
  }

  /** Asks the browser not to clear this site's data when the disk runs low. */
  async function askToKeep(): Promise<boolean> {
    keptAfterAsking.value = await navigator.storage.persist()
    return keptAfterAsking.value
  }

  const exportData = (format: 'sqlite' | 'json'): Promise<Result<CallAnswer<'export'>, HoldfastError>> => database.call('export', { format })
  const importData = (text: string): Promise<Result<CallAnswer<'import'>, HoldfastError>> => database.call('import', { ...newMutation(), text })
  const checkSync = (): Promise<Result<CallAnswer<'check-sync'>, HoldfastError>> => database.call('check-sync', {})
  const retryChange = (n: number): Promise<Result<object, HoldfastError>> => database.call('retry-change', { ...newMutation(), n })
  const discardChange = (n: number): Promise<Result<object, HoldfastError>> => database.call('discard-change', { ...newMutation(), n })

  const formerFiles = (): Promise<Result<CallAnswer<'former-files'>, HoldfastError>> => database.call('former-files', {})
  const exportFormer = (file: string): Promise<Result<CallAnswer<'export-former'>, HoldfastError>> => database.call('export-former', { file })
  const deleteFormer = (file: string): Promise<Result<object, HoldfastError>> => database.call('delete-former', { file })

  return { storage, rejected, aside, serverAside, readServerAside, error, keptAfterAsking, askToKeep, exportData, importData, checkSync, retryChange, discardChange, formerFiles, exportFormer, deleteFormer }
})
