import { readFixture } from './fixtures.mjs'

/** @param {string} id @param {string} name @param {string} description @param {object} [more] */
const fakeModel = (id, name, description, more = {}) => ({
  id, canonical_slug: id, hugging_face_id: null, name, created: 1_770_000_000, description, context_length: 128_000,
  architecture: { modality: 'text->text', input_modalities: ['text', 'image', 'file'], output_modalities: ['text'], tokenizer: 'Other', instruct_type: null },
  pricing: { prompt: '0.00000015', completion: '0.0000006' },
  top_provider: { context_length: 128_000, max_completion_tokens: 16_384, is_moderated: false },
  per_request_limits: null, supported_parameters: ['max_tokens', 'temperature', 'top_p', 'stop', 'tools'], default_parameters: null,
  supported_voices: null, knowledge_cutoff: null, expiration_date: null, links: { details: `/api/v1/models/${id}/endpoints` }, ...more,
})

const fakes = [
  fakeModel('fake/demo', 'Demo: Guide', 'Answers about anything, at reading pace, without a provider.'),
  fakeModel('fake/echo', 'Demo: Echo', 'Says what you said.'),
  fakeModel('fake/slow', 'Demo: Slow', 'Takes its time.'),
  fakeModel('fake/reasoning', 'Demo: Thinker', 'Thinks before it answers.', {
    supported_parameters: ['max_tokens', 'temperature', 'reasoning', 'include_reasoning'],
    reasoning: { supported_efforts: ['high', 'medium', 'low'], default_effort: 'medium', default_enabled: true, mandatory: false },
  }),
  fakeModel('fake/image', 'Demo: Painter', 'Answers with a picture.', {
    architecture: { modality: 'text->text+image', input_modalities: ['text'], output_modalities: ['text', 'image'], tokenizer: 'Other', instruct_type: null },
  }),
  fakeModel('fake/small', 'Demo: Small', 'Can read 1,000 tokens only.', { context_length: 1_000 }),
]

/** @type {any[] | undefined} */
let snapshot
/** @returns {any[]} */
const readSnapshot = () => (snapshot ??= JSON.parse(readFixture('models.json').toString('utf8')).data)

/** `GET /models`: the fakes first, then the real list of 2026-05-15. */
export const listModels = () => [...fakes, ...readSnapshot()]

/** Whether a slug, without its variant, is one that can be asked. @param {string} slug */
export function isKnownModel(slug) {
  if (slug.startsWith('fake/') || slug.startsWith('fixture/')) return true
  const [base] = slug.split(':')
  return readSnapshot().some((/** @type {any} */ model) => model.id === slug || model.id === base)
}
