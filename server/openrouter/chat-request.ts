import type { RunOptions } from '~/shared/protocol/run'

/** Content as OpenRouter takes it (openrouter/README.md §5). */
export type ContentPart =
  | { type: 'text', text: string }
  | { type: 'image_url', image_url: { url: string } }
  | { type: 'file', file: { filename: string, file_data: string } }
  | { type: 'input_audio', input_audio: { data: string, format: string } }
export interface ChatMessage { role: 'system' | 'user' | 'assistant', content: string | ContentPart[] }

export interface ChatRequest {
  /** The run's options but for what is ours: the key never comes near a body. */
  options: Omit<RunOptions, 'openrouterApiKey' | 'omit' | 'summary' | 'summarize' | 'continueFrom'>
  messages: readonly ChatMessage[]
  /** Groups a thread's requests and keeps them on one provider, where its cache is. */
  sessionId: string
}

/** The body of `POST /chat/completions`: every member is named here, so nothing else can pass. */
export function buildChatBody({ options, messages, sessionId }: ChatRequest): Record<string, unknown> {
  const { reasoning } = options
  const body = {
    model: options.model,
    models: options.models,
    messages,
    stream: true,
    temperature: options.temperature,
    top_p: options.top_p,
    max_tokens: options.max_tokens,
    // Effort and a budget exclude each other.
    reasoning: reasoning && (reasoning.max_tokens === undefined ? reasoning : { ...reasoning, effort: undefined }),
    provider: options.provider,
    modalities: options.modalities,
    tools: options.web_search ? [{ type: 'openrouter:web_search' }] : undefined,
    session_id: sessionId.slice(0, 256),
  }
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
}
