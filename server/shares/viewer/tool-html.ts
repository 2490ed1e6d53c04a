import { diffToHtml } from './diff-html'
import { recordOf, textOf } from './fields'
import { formatBytes, formatDuration } from './format'
import { html, type Html } from './html'
import type { ToolView } from './part'
import type { Painter } from './paint'

/** What is shown of one output; the rest is in the JSON. */
const longest = 60_000

const stateNames: Record<string, string> = { pending: 'waiting', running: 'running', completed: 'completed', error: 'failed' }
/** Inputs that say most by one of their members. */
const telling = ['command', 'filePath', 'path', 'pattern', 'url', 'query', 'description', 'prompt']

/** A tool call: one line that says what it was, its input and output folded below. */
export async function toolToHtml(tool: ToolView, painter: Painter): Promise<Html> {
  const input = recordOf(tool.input)
  const state = stateNames[tool.state] ?? tool.state
  const title = tool.title || telling.map((name) => textOf(input[name])).find(Boolean) || ''
  return html`<details class="tool" data-state="${tool.state}"><summary><span class="tool-name">${tool.name}</span><span class="tool-title">${title.split('\n', 1)[0]?.slice(0, 160)}</span><span class="tag">${state}${tool.ms !== null && ` · ${formatDuration(tool.ms)}`}</span></summary>
<div class="tool-body">${await inputToHtml(tool, input, painter)}${tool.diffs.map((diff) => diffToHtml(diff, true))}${tool.error && html`<p class="part-name">Error</p>${pre(tool.error, 'Error')}`}${tool.output.trim() && html`<p class="part-name">Output</p>${pre(tool.output, 'Output')}`}</div></details>`
}

async function inputToHtml(tool: ToolView, input: Record<string, unknown>, painter: Painter): Promise<Html | null> {
  const command = textOf(input.command)
  if (command) return html`<p class="part-name">Input</p>${pre(await painter.code(cut(command), 'bash'), 'Input')}`
  const content = textOf(input.content)
  if (content && textOf(input.filePath)) {
    const language = /\.(\w{1,10})$/.exec(textOf(input.filePath))?.[1] ?? ''
    return html`<p class="part-name">Input · ${textOf(input.filePath)}</p>${pre(await painter.code(cut(content), language.toLowerCase()), 'Input')}${rest(content)}`
  }
  // The change itself follows, in a better form than its two strings.
  if (tool.diffs.length > 0) return textOf(input.filePath) ? html`<p class="part-name">Input · ${textOf(input.filePath)}</p>` : null
  const text = typeof tool.input === 'string' ? tool.input : tool.input === undefined ? '' : JSON.stringify(tool.input, null, 2)
  return text && text !== '{}' ? html`<p class="part-name">Input</p>${pre(await painter.code(cut(text), 'json'), 'Input')}${rest(text)}` : null
}

/** A scrolling box. Text too long for a page is cut, and said to be. */
export function pre(content: Html | string, name: string): Html {
  if (typeof content !== 'string') return html`<pre tabindex="0" role="group" aria-label="${name}"><code>${content}</code></pre>`
  return html`<pre tabindex="0" role="group" aria-label="${name}"><code>${cut(content)}</code></pre>${rest(content)}`
}

const cut = (text: string): string => text.slice(0, longest)
const rest = (text: string): Html | null => (text.length > longest ? html`<p class="quiet">${formatBytes(text.length - longest)} more in the JSON download.</p>` : null)
