import { isSafeLink } from '~/markdown/links'
import { listOf, numberOf, recordOf, textOf, timeOf } from './fields'
import { dataToDiffs, patchToDiff, type FileDiff } from './file-diff'

export interface ToolView {
  kind: 'tool'
  name: string
  state: string
  title: string
  input: unknown
  output: string
  error: string
  ms: number | null
  diffs: FileDiff[]
}

/** One piece of a message. */
export type PartView =
  | { kind: 'text', text: string }
  | { kind: 'reasoning', text: string, ms: number | null }
  | ToolView
  | { kind: 'file', name: string, mime: string, size: number, image: string | null }
  | { kind: 'link', url: string, title: string }
  | { kind: 'note', text: string }
  | { kind: 'unknown', type: string, data: unknown }

/** What marks the agent's own steps, and says nothing to a reader. */
const silent = new Set(['step-start', 'step-finish', 'snapshot'])
const imageAddress = /^data:image\/(?:png|jpeg|gif|webp|avif);base64,[A-Za-z0-9+/=]+$/
/** A larger picture is named instead of shown: it is in the JSON. */
const imageBytes = 3_000_000

export function dataToPart(data: Record<string, unknown>): PartView | null {
  const type = textOf(data.type)
  // Synthetic parts are what the agent tells the model about a file; the file part beside them says so to a reader.
  if (silent.has(type) || data.synthetic === true || data.ignored === true) return null
  switch (type) {
    case 'text':
      return textOf(data.text).trim() ? { kind: 'text', text: textOf(data.text) } : null
    case 'reasoning':
      return textOf(data.text).trim() ? { kind: 'reasoning', text: textOf(data.text), ms: elapsed(data.time) } : null
    case 'tool':
      return dataToTool(data)
    case 'file':
      return dataToFile(data)
    case 'source':
      return isSafeLink(textOf(data.url)) ? { kind: 'link', url: textOf(data.url), title: textOf(data.title) || textOf(data.url) } : null
    case 'patch':
      return { kind: 'note', text: `Changed ${listOf(data.files).map((file) => textOf(file)).filter(Boolean).join(', ') || 'files'}` }
    case 'agent':
      return { kind: 'note', text: `Called the agent ${textOf(data.name)}` }
    case 'subtask':
      return { kind: 'note', text: `Gave a task to ${textOf(data.agent, 'an agent')}: ${textOf(data.description) || textOf(data.prompt)}` }
    case 'compaction':
      return { kind: 'note', text: 'The conversation so far was summarised here' }
    case 'retry':
      return { kind: 'note', text: `Tried again${numberOf(data.attempt) ? ` (attempt ${numberOf(data.attempt)})` : ''}` }
    default:
      return { kind: 'unknown', type: type || 'part', data: Object.fromEntries(Object.entries(data).filter(([name]) => !['id', 'messageID', 'sessionID', 'type'].includes(name))) }
  }
}

function dataToTool(data: Record<string, unknown>): ToolView {
  const state = recordOf(data.state)
  const metadata = recordOf(state.metadata)
  const patch = textOf(metadata.diff)
  return {
    kind: 'tool',
    name: textOf(data.tool, 'tool'),
    state: textOf(state.status, 'pending'),
    title: textOf(state.title),
    input: state.input,
    output: typeof state.output === 'string' ? state.output : state.output === undefined ? textOf(metadata.output) : JSON.stringify(state.output, null, 2),
    error: textOf(state.error),
    ms: elapsed(state.time),
    diffs: 'filediff' in metadata ? dataToDiffs([metadata.filediff]) : patch ? [patchToDiff(textOf(recordOf(state.input).filePath), patch)] : [],
  }
}

function dataToFile(data: Record<string, unknown>): PartView {
  const url = textOf(data.url)
  const inline = url.startsWith('data:')
  return {
    kind: 'file',
    name: textOf(data.filename) || 'attachment',
    mime: textOf(data.mime),
    size: numberOf(data.size) || (inline ? Math.floor((url.length - url.indexOf(',') - 1) * 3 / 4) : 0),
    image: url.length < imageBytes && imageAddress.test(url) ? url : null,
  }
}

function elapsed(value: unknown): number | null {
  const time = recordOf(value)
  const start = timeOf(time.start)
  const end = timeOf(time.end)
  return start !== null && end !== null && end >= start ? end - start : null
}
