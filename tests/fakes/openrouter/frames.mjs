const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** An id as OpenRouter makes them. @param {() => number} random */
export function createGenerationId(random) {
  let tail = ''
  for (let i = 0; i < 20; i++) tail += alphabet[Math.floor(random() * alphabet.length)]
  return `gen-${Math.floor(Date.now() / 1000)}-${tail}`
}

/**
 * Builds the chunks of one streamed answer; all carry the same id.
 * @param {{ id: string, model: string, provider?: string }} generation
 */
export function createFrames({ id, model, provider = 'Fake' }) {
  const head = { id, object: 'chat.completion.chunk', created: Math.floor(Date.now() / 1000), model, provider }
  /** @param {Record<string, unknown>} delta @param {string | null} [finish] */
  const chunk = (delta, finish = null) => ({
    ...head,
    choices: [{ index: 0, delta: { role: 'assistant', ...delta }, finish_reason: finish, native_finish_reason: finish, logprobs: null }],
  })
  return {
    chunk,
    /** @param {string} text */
    content: (text) => chunk({ content: text }),
    /** @param {string} text */
    reasoning: (text) => chunk({
      content: '', reasoning: text, reasoning_details: [{ type: 'reasoning.text', text, format: 'anthropic-claude-v1', index: 0 }],
    }),
    /** @param {string} signature */
    signature: (signature) => chunk({
      content: '', reasoning: null, reasoning_details: [{ type: 'reasoning.text', signature, format: 'anthropic-claude-v1', index: 0 }],
    }),
    /** @param {string} [reason] */
    finish: (reason = 'stop') => chunk({ content: '' }, reason),
    /** Usage in either of the two forms that exist. @param {'a' | 'b'} form @param {object} usage @param {string} [reason] */
    usage: (form, usage, reason = 'stop') => (form === 'a' ? { ...head, choices: [], usage } : { ...chunk({ content: '' }, reason), usage }),
    /** @param {{ code: number | string, message: string, metadata?: object }} error */
    error: (error) => ({ ...head, error, choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error', native_finish_reason: null }] }),
    /** @param {{ code: number | string, message: string, metadata?: object }} error */
    bareError: (error) => ({ ...head, choices: [], error }),
  }
}

/** @param {number} prompt @param {number} completion @param {{ reasoning?: number, cached?: number, searches?: number }} [more] */
export function createUsage(prompt, completion, { reasoning = 0, cached = 0, searches } = {}) {
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    cost: Number((prompt * 0.00000015 + completion * 0.0000006).toFixed(8)),
    is_byok: false,
    prompt_tokens_details: { cached_tokens: cached, cache_write_tokens: 0, audio_tokens: 0, video_tokens: 0 },
    cost_details: { upstream_inference_cost: null, upstream_inference_prompt_cost: prompt * 0.00000015, upstream_inference_completions_cost: completion * 0.0000006 },
    completion_tokens_details: { reasoning_tokens: reasoning, image_tokens: 0 },
    ...(searches === undefined ? {} : { server_tool_use: { web_search_requests: searches } }),
  }
}

/** Words with the blanks before them, the way tokens come. @param {string} text @returns {string[]} */
export const textToTokens = (text) => text.match(/\s*\S+|\s+$/g) ?? []
