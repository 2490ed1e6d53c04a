import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { useNuxtApp } from '#app'
import { newMutation } from '~/stores/newId'
import { historyChoiceSchema, historyName, type HistoryChoice } from '~/shared/domain/history'
import type { MessageId } from '~/shared/domain/ids'
import { isTerminal } from '~/shared/domain/message'
import { createError, type HoldfastError } from '~/shared/errors'
import { err, ok, type Result } from '~/shared/result'
import type { FilePart } from '~/shared/domain/part'
import { modelToLimit, partsToTokens } from '~/shared/domain/token-estimate'
import { readOnce } from '~/stores/readOnce'
import type { QueryParams, StoredRunOptions, ThreadPlan } from '~/workers/api'
import { useMessagesStore } from './messages'
import { useModelsStore } from './models'
import { useReplyOptionsStore } from './replyOptions'
import { useSendsStore } from './sends'

export interface Draft { text: string, files: readonly FilePart[] }
/** Where a reply is asked for: below which message, and what is about to be written there. Without a draft that message is answered. */
export interface Place { parent: MessageId | null, draft: Draft | null }

type Question = QueryParams<'history-plan'>

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

  /** The newest summary of the shown path that has not become one: it is being written, or it failed. */
  const unfinished = computed(() => {
    const newest = messages.shown?.summary
    return newest && newest.status !== 'final' && newest.id !== choice.value?.use ? newest : null
  })
  /** One that another device has not sent is not waited for. */
  const writing = computed(() => {
    const summary = unfinished.value
    return summary && !isTerminal(summary.status) && (summary.status === 'streaming' || messages.pending.get(summary.id)?.here !== false) ? summary : null
  })
  const failed = computed(() => (choice.value?.start === 'summary' && unfinished.value && isTerminal(unfinished.value.status) ? unfinished.value : null))

  function toQuestion(model: string, { parent, draft }: Place): Question | null {
    return messages.threadId && {
      thread: messages.threadId, parent, system: partsToTokens(replyOptions.systemPrompt.trim(), []), draft: draft && partsToTokens(draft.text, draft.files),
      limit: modelToLimit(models.find(model)), choice: choice.value,
    }
  }
  /** Asked with the ids of what is left out; nothing is where no thread is open. */
  async function plan(model: string, place: Place, more: Partial<Question> = {}): Promise<ThreadPlan | null> {
    const question = toQuestion(model, place)
    const answer = question && await readOnce(database, 'history-plan', { ...question, ids: true, ...more })
    return answer?.ok ? answer.value : null
  }

  /** What the composer is about to send, and what that would carry; a little later than what is typed. */
  const composing = shallowRef<{ model: string, draft: Draft } | null>(null)
  const planned = shallowRef<ThreadPlan | null>(null)
  const question = computed(() => {
    // All messages have been looked at by then.
    const { spent, end } = messages
    return composing.value && spent ? JSON.stringify(toQuestion(composing.value.model, { parent: end, draft: composing.value.draft })) : 'null'
  })
  watch(question, (text, before, onCleanup) => {
    const asked = JSON.parse(text) as Question | null
    if (!asked) {
      planned.value = null
      return
    }
    let stop = (): void => {}
    const later = setTimeout(() => {
      stop = database.watch('history-plan', asked, (answer) => {
        planned.value = answer
      })
    }, before === 'null' || before === undefined ? 0 : 80)
    onCleanup(() => {
      clearTimeout(later)
      stop()
    })
  })

  /** The options of a run, with what is left out as it stands now: what a send keeps. Without a choice everything is sent. */
  async function forRun(model: string, place: Place): Promise<StoredRunOptions> {
    const options = await replyOptions.forRun(model)
    await ready
    const left = choice.value && await plan(model, place)
    return { ...options, ...(left?.omit.length ? { omit: left.omit } : {}), ...(left?.summary ? { summary: left.summary.id } : {}) }
  }

  async function choose(next: HistoryChoice): Promise<Result<object, HoldfastError>> {
    if (!messages.threadId) return ok({})
    choice.value = next
    return database.call('set-setting', { ...newMutation(), name: historyName(messages.threadId), value: next })
  }

  /** The provider said that what we thought would fit does not: from now on clearly less is sent. */
  async function most(model: string, place: Place): Promise<Pick<NonNullable<HistoryChoice>, 'most'>> {
    const now = await plan(model, place)
    return now?.fits ? { most: Math.floor(now.tokens * 0.6) } : keptMost()
  }
  const keptMost = (): Pick<NonNullable<HistoryChoice>, 'most'> => (choice.value?.most === undefined ? {} : { most: choice.value.most })

  const dropStart = async (model: string, place: Place, refused = false) => choose({ start: 'drop', ...(refused ? await most(model, place) : keptMost()) })

  /** Puts a summary in place of the start: one that is there already, if that is enough, else one that is written now. Answers how many messages are too long even for it. */
  async function summariseStart(model: string, place: Place, refused = false): Promise<Result<{ unread: number }, HoldfastError>> {
    const thread = messages.threadId
    const next: HistoryChoice = { start: 'summary', ...(refused ? await most(model, place) : keptMost()) }
    const before = await plan(model, place, { choice: next })
    if (before?.summary && before.fits) {
      const chosen = await choose(next)
      return chosen.ok ? ok({ unread: 0 }) : chosen
    }
    const summary = before?.next
    if (!summary || !thread) return err(createError('context_too_long', 'A summary would not make it short enough.'))
    const { models: fallbacks, provider } = await replyOptions.forRun(model)
    const options = {
      model, ...(fallbacks ? { models: fallbacks } : {}), ...(provider ? { provider } : {}), ...(summary.omit.length > 0 ? { omit: summary.omit } : {}),
      ...(summary.from ? { summary: summary.from } : {}),
    }
    const begun = await sends.summarise(thread, summary.upTo, options, next)
    return begun.ok ? ok({ unread: summary.omit.length }) : begun
  }

  return { choice, shown, composing, planned, writing, failed, forRun, choose, dropStart, summariseStart }
})
