import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { useNuxtApp } from '#app'
import { newMutation } from '~/stores/newId'
import { threadIdSchema } from '~/shared/domain/ids'
import { optionsName, patchOptions, replyOptionsSchema, toRunOptions, type ReplyOptions } from '~/shared/domain/reply-options'
import type { StoredRunOptions } from '~/workers/api'
import { useMessagesStore } from './messages'
import { useModelsStore } from './models'
import { useThreadsStore } from './threads'

/** The owner of what is chosen before there is a thread. */
export const newChat = 'new'

/** The reply settings of the open thread, or of the new chat: synced, so that they follow to the other devices. */
export const useReplyOptionsStore = defineStore('replyOptions', () => {
  const database = useNuxtApp().$database
  const messages = useMessagesStore()
  const models = useModelsStore()
  const threads = useThreadsStore()

  const owner = ref(newChat)
  const options = shallowRef<ReplyOptions>({})
  let unwatch: (() => void) | null = null
  let writing = 0
  let ready = Promise.resolve()

  function open(id: string): void {
    if (unwatch && owner.value === id) return
    unwatch?.()
    owner.value = id
    options.value = {}
    ready = new Promise((resolve) => {
      unwatch = database.watch('setting', { name: optionsName(id) }, ({ value }) => {
        // What was chosen here a moment ago is newer than what the database says until its write is answered.
        if (writing === 0 && owner.value === id) options.value = replyOptionsSchema.parse(value ?? {})
        resolve()
      }, () => resolve())
    })
  }

  async function save(next: ReplyOptions): Promise<void> {
    const name = optionsName(owner.value)
    options.value = next
    writing++
    await database.call('set-setting', { ...newMutation(), name, value: Object.keys(next).length > 0 ? next : null })
    writing--
  }
  const change = (changes: ReplyOptions): Promise<void> => save(patchOptions(options.value, changes))

  const systemPrompt = computed(() => (owner.value === newChat ? options.value.system_prompt : messages.thread?.system_prompt) ?? '')
  async function setSystemPrompt(text: string): Promise<void> {
    if (owner.value === newChat) await change({ system_prompt: text })
    else await threads.patch(threadIdSchema.parse(owner.value), { system_prompt: text || null })
  }

  /** Whether anything differs from the default. */
  const changed = computed(() => systemPrompt.value !== '' || Object.keys(options.value).length > 0)

  /** Back to the defaults; answers what brings the choices back. */
  async function reset(): Promise<() => Promise<void>> {
    const before = { owner: owner.value, options: options.value, systemPrompt: systemPrompt.value }
    if (owner.value !== newChat) await setSystemPrompt('')
    await save({})
    return async () => {
      if (owner.value !== before.owner) return
      await save(before.options)
      if (before.owner !== newChat) await setSystemPrompt(before.systemPrompt)
    }
  }

  /** The options of a run by `model`, as they stand now: what a send keeps. */
  async function forRun(model: string): Promise<StoredRunOptions> {
    await ready
    return toRunOptions(model, options.value, models.find(model))
  }

  return { owner, options, systemPrompt, changed, open, change, setSystemPrompt, reset, forRun }
})
