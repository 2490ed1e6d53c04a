import { formatNumber } from './format'
import type { DiffBlock, DiffLine, FileDiff } from './file-diff'
import { html, type Html } from './html'

const line = ({ number, text }: DiffLine, kind: string): Html => html`<span class="line ${kind}"><i>${number}</i><code>${text || ' '}</code></span>`

/** One structure for both layouts: side by side the halves are columns, unified they are stacked and unchanged lines show once. */
function blockToHtml(block: DiffBlock): Html {
  return html`<div class="block${block.same ? ' same' : ''}"><div class="half before"${block.same ? html` aria-hidden="true"` : null}>${block.before.map((one) => line(one, block.same ? '' : 'gone'))}</div><div class="half after">${block.after.map((one) => line(one, block.same ? '' : 'came'))}</div></div>`
}

const statusNames: Record<string, string> = { added: 'added', deleted: 'deleted', modified: 'modified', renamed: 'renamed' }

/** One file's changes, folded unless `open`. */
export function diffToHtml(diff: FileDiff, open: boolean): Html {
  const status = statusNames[diff.status] ?? ''
  return html`<details class="file-diff"${open ? html` open` : null}><summary><span class="path">${diff.file}</span>${status && html`<span class="tag">${status}</span>`}<span class="plus">+${formatNumber(diff.additions)}</span> <span class="minus">−${formatNumber(diff.deletions)}</span></summary>
${diff.hunks.length === 0
  ? html`<p class="quiet">Nothing to show of this change.</p>`
  : html`<div class="diff" tabindex="0" role="group" aria-label="Changes in ${diff.file}">${diff.hunks.map((hunk, index) => html`${(index > 0 || hunk.title) && html`<div class="hunk">${hunk.title ? `⋯ ${hunk.title}` : '⋯'}</div>`}${hunk.blocks.map(blockToHtml)}`)}</div>`}
${diff.cut && html`<p class="quiet">This change is longer: all of it is in the JSON download.</p>`}</details>`
}
