import { defineStore } from 'pinia'
import { useNuxtApp } from '#app'
import type { FilePart } from '~/shared/domain/part'
import { createError, type HoldfastError } from '~/shared/errors'
import { err, ok, type Result } from '~/shared/result'

/** The files of messages: from this device, or through it from the server. */
export const useFilesStore = defineStore('files', () => {
  const database = useNuxtApp().$database

  async function open(shown: FilePart): Promise<Result<Blob, HoldfastError>> {
    // What is drawn may be a reactive object, and the worker takes plain ones only.
    const part = { ...shown }
    const here = await database.call('read-blob', { part })
    if (!here.ok) return here
    if (here.value.file) return ok(here.value.file)
    const fetched = await database.call('fetch-blob', { part })
    if (!fetched.ok) return fetched
    const read = await database.call('read-blob', { part })
    if (!read.ok) return read
    return read.value.file ? ok(read.value.file) : err(createError('storage_full', `There is no room here for ${part.name}.`))
  }

  return { open }
})
