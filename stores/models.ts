import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { useNuxtApp } from '#app'
import { z } from 'zod'
import { keep } from '~/stores/kept'
import { readStored } from '~/stores/storedJson'
import { createError, type HoldfastError } from '~/shared/errors'
import { modelsAnswerSchema, modelSchema, type Model } from '~/shared/protocol/openrouter'

const mirrorKey = 'holdfast:models'
const staleAfter = 3_600_000
/** Descriptions stay out of localStorage: they are most of the list. */
const mirrorSchema = z.object({ at: z.number(), models: z.array(modelSchema) })

/** The models that can be chosen; the last list is kept, so that there is one without a network. */
export const useModelsStore = defineStore('models', () => {
  const database = useNuxtApp().$database
  const mirror = readStored(mirrorKey, mirrorSchema)
  const models = shallowRef<Model[]>(mirror?.models ?? [])
  const fetchedAt = ref(mirror?.at ?? 0)
  const loading = ref(false)
  const error = shallowRef<HoldfastError | null>(null)
  const byId = computed(() => new Map(models.value.map((model) => [model.id, model])))

  async function load(): Promise<void> {
    if (loading.value || Date.now() - fetchedAt.value < staleAfter) return
    loading.value = true
    const answer = await database.call('server-request', { method: 'GET', path: '/openrouter/models' })
    loading.value = false
    const parsed = answer.ok ? modelsAnswerSchema.safeParse(answer.value.body) : null
    if (!parsed?.success) {
      error.value = answer.ok ? createError('internal', `The server answered ${answer.value.status}.`) : answer.error
      return
    }
    error.value = null
    models.value = parsed.data.models
    fetchedAt.value = Date.now()
    const kept = parsed.data.models.map((model) => ({ ...model, description: '' }))
    keep(mirrorKey, JSON.stringify({ at: fetchedAt.value, models: kept }))
  }

  const nameOf = (id: string): string => byId.value.get(id)?.name ?? id
  /** What the list knows of a model; a variant such as `:nitro` that it does not list is its model. */
  const find = (id: string): Model | undefined => byId.value.get(id) ?? byId.value.get(id.replace(/:[^:/]*$/, ''))

  return { models, byId, loading, error, load, nameOf, find }
})
