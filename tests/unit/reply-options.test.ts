import { describe, expect, it } from 'vitest'
import { modelToAbilities, patchOptions, replyOptionsSchema, toRunOptions, type ReplyOptions } from '~/shared/domain/reply-options'
import type { Model } from '~/shared/protocol/openrouter'

const model = (more: Partial<Model>): Model => ({
  id: 'maker/model', name: 'Model', description: '', created: 0, contextLength: 8_000, maxCompletionTokens: null, inputModalities: ['text'], outputModalities: ['text'],
  promptPrice: 0, completionPrice: 0, supportedParameters: [], reasoning: null, ...more,
})
const all: ReplyOptions = {
  temperature: 0, reasoning: { effort: 'high' }, web_search: true, provider: { sort: 'price', allow_fallbacks: false, data_collection: 'deny', zdr: true }, models: ['maker/model', 'other/model'],
}

describe('what a model is offered', () => {
  it('[UI44] is what its list of parameters names', () => {
    expect(modelToAbilities(model({}))).toEqual({ temperature: false, efforts: null, webSearch: false })
    expect(modelToAbilities(model({ supportedParameters: ['temperature', 'tools', 'reasoning'] }))).toEqual({ temperature: true, efforts: ['none', 'low', 'medium', 'high'], webSearch: true })
  })

  it('[UI44] is the efforts it states, without none where reasoning is a must', () => {
    const efforts = (stated: string[] | null, mandatory: boolean) => modelToAbilities(model({ reasoning: { efforts: stated, mandatory } })).efforts
    expect(efforts(['high', 'low', 'unheard-of'], false)).toEqual(['none', 'low', 'high'])
    expect(efforts(['high', 'low'], true)).toEqual(['low', 'high'])
    expect(efforts(null, true)).toEqual(['low', 'medium', 'high'])
  })

  it('[UI44] is everything where nothing is known of the model', () => {
    expect(modelToAbilities(undefined)).toMatchObject({ temperature: true, webSearch: true })
  })
})

describe('what a run is given', () => {
  it('[UI45] is what was chosen, zero included, without a fallback to itself', () => {
    expect(toRunOptions('maker/model', all, undefined)).toEqual({ ...all, model: 'maker/model', models: ['other/model'] })
    expect(toRunOptions('maker/model', {}, undefined)).toEqual({ model: 'maker/model' })
  })

  it('[UI45] leaves out what the model cannot do', () => {
    expect(toRunOptions('maker/model', all, model({}))).toEqual({ model: 'maker/model', models: ['other/model'], provider: all.provider })
    expect(toRunOptions('maker/model', { reasoning: { effort: 'max' } }, model({ supportedParameters: ['reasoning'] }))).toEqual({ model: 'maker/model' })
  })

  it('[UI45] asks a model that draws for pictures, but not a router', () => {
    const draws = model({ outputModalities: ['image', 'text'] })
    expect(toRunOptions('maker/model', {}, draws).modalities).toEqual(['text', 'image'])
    expect(toRunOptions('openrouter/auto', {}, { ...draws, id: 'openrouter/auto' }).modalities).toBeUndefined()
  })
})

describe('a changed choice', () => {
  it('[UI46] keeps only what differs from the default', () => {
    expect(patchOptions(all, { temperature: undefined, reasoning: undefined, web_search: false, models: [] })).toEqual({ provider: all.provider })
    const routing = { sort: undefined, allow_fallbacks: undefined, data_collection: undefined, zdr: undefined }
    expect(patchOptions({ provider: { zdr: true } }, { provider: { sort: 'latency' } })).toEqual({ provider: { zdr: true, sort: 'latency' } })
    expect(patchOptions({ provider: all.provider }, { provider: routing })).toEqual({})
  })

  it('[UI46] that another build or hand wrote counts as far as it is understood', () => {
    expect(replyOptionsSchema.parse({ temperature: 9, web_search: true, provider: 'best', evil: 1 })).toEqual({ web_search: true })
    for (const value of [null, 'text', 7, []]) expect(Object.keys(replyOptionsSchema.parse(value))).toEqual([])
  })
})
