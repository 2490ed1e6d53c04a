import { createHash } from 'node:crypto'
import { diffToHtml } from './diff-html'
import { formatBytes, formatCost, formatDuration, formatNumber, timeToHtml } from './format'
import { html, trusted, type Html } from './html'
import type { MessageView } from './model'
import type { Painter } from './paint'
import type { PartView } from './part'
import { pre, toolToHtml } from './tool-html'

/** One message as an article. `data-v` changes with its content, which is how an open page finds what to replace. */
export async function messageToHtml(message: MessageView, index: number, painter: Painter): Promise<Html> {
  const parts: Html[] = []
  for (const part of message.parts) parts.push(part.kind === 'text' && isPlain(message, part.text) ? html`<p class="said">${part.text.trim()}</p>` : await partToHtml(part, painter))
  const body = html`<div class="body">${parts}${message.open && html`<p class="writing">Still writing…</p>`}${message.error && html`<p class="failed"><strong>Stopped:</strong> ${message.error}</p>`}</div>
${message.diffs.length > 0 && html`<div class="turn-diffs">${message.diffs.map((diff) => diffToHtml(diff, false))}</div>`}<footer>${metaToHtml(message)}</footer>`
  const version = createHash('sha256').update(body.text).digest('base64url').slice(0, 12)
  const name = message.role === 'user' ? 'You' : 'Assistant'
  return html`<article id="${messageAnchor(index)}" data-v="${version}" class="${message.role}" aria-label="${name}"${message.open && html` aria-busy="true"`}><h2 class="unseen">${name}</h2>${body}</article>
`
}

export const messageAnchor = (index: number): string => `m${index + 1}`

/** What a person wrote is shown as they wrote it, as in the app; only code they set apart is laid out. */
const isPlain = (message: MessageView, text: string): boolean => message.role === 'user' && !text.includes('```')

function metaToHtml(message: MessageView): Html {
  const facts: Html[] = []
  if (message.model) facts.push(html`<span class="model">${message.model}</span>`)
  if (message.tokensIn + message.tokensOut > 0) facts.push(html`<span><span class="label">in</span> ${formatNumber(message.tokensIn)}</span>`, html`<span><span class="label">out</span> ${formatNumber(message.tokensOut)}</span>`)
  if (message.cost > 0) facts.push(html`<span>${formatCost(message.cost)}</span>`)
  if (message.created !== null) facts.push(timeToHtml(message.created))
  return trusted(facts.join(' '))
}

async function partToHtml(part: PartView, painter: Painter): Promise<Html> {
  switch (part.kind) {
    case 'text':
      return html`<div class="prose">${await painter.markdown(part.text)}</div>`
    case 'reasoning':
      return html`<details class="reasoning"><summary>Reasoning${part.ms !== null && html` <span class="tag">${formatDuration(part.ms)}</span>`}</summary><div class="prose">${await painter.markdown(part.text)}</div></details>`
    case 'tool':
      return toolToHtml(part, painter)
    case 'file':
      return part.image
        ? html`<figure><img src="${part.image}" alt="${part.name}" loading="lazy"><figcaption>${part.name}</figcaption></figure>`
        : html`<p class="chip"><span class="path">${part.name}</span> <span class="quiet">${part.mime}${part.size > 0 && ` · ${formatBytes(part.size)}`}</span></p>`
    case 'link':
      return html`<p class="source"><a href="${part.url}" rel="noopener noreferrer nofollow ugc">${part.title}</a></p>`
    case 'note':
      return html`<p class="note">${part.text}</p>`
    case 'unknown':
      return html`<details class="tool"><summary><span class="tool-name">${part.type}</span></summary><div class="tool-body">${pre(JSON.stringify(part.data, null, 2), part.type)}</div></details>`
  }
}
