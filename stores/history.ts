import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { useNuxtApp } from '#app'
import { newMutation } from '~/stores/newId'
import { historyChoiceSchema, historyName, type HistoryChoice } from '~/shared/domain/history'
import type { MessageId } from '~/shared/domain/ids'
import { isSummary, isTerminal } from '~/shared/domain/message'
import { createError, type HoldfastError } from '~/shared/errors'
import { err, ok, type Result } from '~/shared/result'
import type { StoredRunOptions } from '~/workers/api'
import { planHistory, planSummary, type Draft, type HistoryPlan, type HistoryRequest } from './historyPlan'
import { useMessagesStore } from './messages'
import { useModelsStore } from './models'
import { useReplyOptionsStore } from './replyOptions'
import { useSendsStore } from './sends'
import { modelToLimit } from './tokenEstimate'

/** Where a reply is asked for: below which message, and what is about to be written there. Without a draft that message is answered. */
export interface Place { parent: MessageId | null, draft: Draft | null }

/** What of the open thread goes to the model, and what a person chose when it is too long. */
export const useHistoryStore = defineStore('history', () => {
  const database = useNuxtApp().$database
  const messages = useMessagesStore()
  const models = useModelsStore()
  const replyOptions = useReplyOptionsStore()
  const sends = useSendsStore()

  const choice = shallowRef<HistoryChoice>(null)
  /** Whether `What is sent` is open. */
  const shown = ref(false)
  let ready = Promise.resolve()

  watch(() => messages.threadId, (thread, _before, onCleanup) => {
    choice.value = null
    shown.value = false
    if (!thread) return
    ready = new Promise((resolve) => {
      onCleanup(database.watch('setting', { name: historyName(thread) }, ({ value }) => {
        choice.value = historyChoiceSchema.parse(value)
        resolve()
      }, () => resolve()))
    })
  }, { immediate: true })

  const summaries = computed(() => messages.messages.filter((message) => isSummary(message) && !message.deleted))
  /** The newest summary of the shown path that has not become one: it is being written, or it failed. */
  const unfinished = computed(() => {
    const newest = summaries.value.filter(({ parent }) => messages.path.some(({ id }) => id === parent)).at(-1)
    return newest && newest.status !== 'final' && newest.id !== choice.value?.use ? newest : null
  })
  /** One that another device has not sent is not waited for. */
  const writing = computed(() => {
    const summary = unfinished.value
    return summary && !isTerminal(summary.status) && (summary.status === 'streaming' || messages.pending.get(summary.id)?.here !== false) ? summary : null
  })
  const failed = computed(() => (choice.value?.start === 'summary' && unfinished.value && isTerminal(unfinished.value.status) ? unfinished.value : null))

  function toRequest(model: string, { parent, draft }: Place): HistoryRequest {
    return {
      systemPrompt: replyOptions.systemPrompt, path: parent ? messages.tree.pathTo(parent) : [], draft,
      summaries: summaries.value, choice: choice.value, limit: modelToLimit(models.find(model)),
    }
  }
  const plan = (model: string, place: Place): HistoryPlan => planHistory(toRequest(model, place))
  const canSummarise = (model: string, place: Place): boolean => planSummary(toRequest(model, place)) !== null

  /** The options of a run, with what is left out as it stands now: what a send keeps. */
  async function forRun(model: string, place: Place): Promise<StoredRunOptions> {
    const options = await replyOptions.forRun(model)
    await ready
    const { omitted, summary } = plan(model, place)
    return { ...options, ...(omitted.length > 0 ? { omit: omitted.map(({ id }) => id) } : {}), ...(summary ? { summary: summary.id } : {}) }
  }

  async function choose(next: HistoryChoice): Promise<Result<object, HoldfastError>> {
    if (!messages.threadId) return ok({})
    choice.value = next
    return database.call('set-setting', { ...newMutation(), name: historyName(messages.threadId), value: next })
  }

  /** The provider said that what we thought would fit does not: from now on clearly less is sent. */
  function most(model: string, place: Place): Pick<NonNullable<HistoryChoice>, 'most'> {
    const { fits, tokens } = plan(model, place)
    if (fits) return { most: Math.floor(tokens * 0.6) }
    return choice.value?.most === undefined ? {} : { most: choice.value.most }
  }
  const keptMost = (): Pick<NonNullable<HistoryChoice>, 'most'> => (choice.value?.most === undefined ? {} : { most: choice.value.most })

  const dropStart = (model: string, place: Place, refused = false) => choose({ start: 'drop', ...(refused ? most(model, place) : keptMost()) })

  /** Puts a summary in place of the start: one that is there already, if that is enough, else one that is written now. Answers how many messages are too long even for it. */
  async function summariseStart(model: string, place: Place, refused = false): Promise<Result<{ unread: number }, HoldfastError>> {
    const next: HistoryChoice = { start: 'summary', ...(refused ? most(model, place) : keptMost()) }
    const request = { ...toRequest(model, place), choice: next }
    const before = planHistory(request)
    if (before.summary && before.fits) {
      const chosen = await choose(next)
      return chosen.ok ? ok({ unread: 0 }) : chosen
    }
    const summary = planSummary(request)
    if (!summary || !messages.threadId) return err(createError('context_too_long', 'A summary would not make it short enough.'))
    const { models: fallbacks, provider } = await replyOptions.forRun(model)
    const options = {
      model, ...(fallbacks ? { models: fallbacks } : {}), ...(provider ? { provider } : {}), ...(summary.omit.length > 0 ? { omit: summary.omit } : {}),
      ...(summary.from ? { summary: summary.from } : {}),
    }
    const begun = await sends.summarise(messages.threadId, summary.upTo, options, next)
    return begun.ok ? ok({ unread: summary.omit.length }) : begun
  }

  return { choice, shown, summaries, writing, failed, plan, canSummarise, forRun, choose, dropStart, summariseStart }
})
