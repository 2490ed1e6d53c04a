import { diffToHtml } from './diff-html'
import { formatCost, formatCount, formatNumber, timeToHtml } from './format'
import { html, trusted, type Html } from './html'
import type { FileDiff } from './file-diff'
import { messageToHtml } from './message-html'
import type { MessageView, ShareView } from './model'
import { navigatorToHtml } from './navigator-html'
import { messagesToPages, type PageRange } from './pages'
import type { Painter } from './paint'
import { mark } from './mark'
import { styles } from './styles'

export interface PageOptions {
  /** Which of its pages, from 1; a file has one. */
  page: number
  /** Where the server is reached, for the addresses that leave the page. */
  origin: string
  /** One file that works by itself: no script, no link that needs the server. */
  standalone: boolean
}

/** The document of one page of a share, in pieces; no more than its messages are rendered. */
export async function* viewToPage(view: ShareView, painter: Painter, options: PageOptions): AsyncGenerator<string> {
  const pages = options.standalone ? [{ from: 0, until: view.messages.length }] : messagesToPages(view.messages)
  const range = pages[options.page - 1]
  if (!range) return
  const isLast = options.page === pages.length
  const shown = view.messages.slice(range.from, range.until)
  const diffs = isLast ? view.diffs : []
  yield topToHtml(view, { ...options, pages, shown, range, hasDiffs: hasDiffs(shown, diffs) }).text
  for (const [index, message] of shown.entries()) yield (await messageToHtml(message, range.from + index, painter)).text
  if (shown.length === 0) yield html`<p class="empty">Nothing has been shared here yet.</p>`.text
  yield html`
</div>
<div id="pages">${pages.length > 1 && pagesToHtml(view.id, pages, options.page)}</div>
<div id="changes">${diffs.length > 0 && diffsToHtml(diffs)}</div>
</main>
</div>
</body>
</html>
`.text
}

/** How many pages a share has. */
export const countPages = (view: ShareView): number => messagesToPages(view.messages).length

const hasDiffs = (messages: readonly MessageView[], diffs: readonly FileDiff[]): boolean =>
  diffs.length > 0 || messages.some((message) => message.diffs.length > 0 || message.parts.some((part) => part.kind === 'tool' && part.diffs.length > 0))

interface TopOptions extends PageOptions { pages: readonly PageRange[], shown: readonly MessageView[], range: PageRange, hasDiffs: boolean }

function topToHtml(view: ShareView, { origin, standalone, page, pages, shown, range, hasDiffs }: TopOptions): Html {
  return html`<!doctype html>
<html lang="en" data-share="${view.id}" data-version="${view.version}"${view.live && !standalone && html` data-live`}>
<head>
<meta charset="utf-8">
${standalone && html`<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">`}
${headToHtml(view, origin)}
${!standalone && html`<link rel="icon" href="/icons/icon.svg" type="image/svg+xml">`}
<style>${trusted(styles)}</style>
${!standalone && html`<script src="/share.js" defer></script>${view.live && html`<noscript><meta http-equiv="refresh" content="60"></noscript>`}`}
</head>
<body>
<a class="skip" href="#conversation">Skip to the conversation</a>
<header class="top">
<div class="brand">${standalone ? html`<span>${mark}Holdfast</span>` : html`<a href="${origin}/">${mark}Holdfast</a>`}<span class="quiet">shared from ${view.source}</span>${view.live && !standalone && html`<span id="live" class="tag live" role="status">Live</span>`}</div>
<h1 id="title">${view.title}</h1>
<dl id="facts" class="facts">${factsToHtml(view)}</dl>
${!standalone && html`<div class="actions">
<a class="button primary" href="${origin}/continue/${view.id}">Continue in Holdfast</a>
<details class="menu"><summary class="button">Download</summary><ul>
<li><a href="/share/${view.id}/download?format=html" download>HTML, one file</a></li>
<li><a href="/share/${view.id}/download?format=md" download>Markdown</a></li>
<li><a href="/share/${view.id}/download?format=json" download>JSON</a></li>
</ul></details></div>`}
</header>
<div class="layout">
<nav aria-label="Messages"><details class="navigator" open><summary>Messages</summary><div id="navigator">${navigatorToHtml(shown, range.from)}${pages.length > 1 && html`<p><a href="#pages">Page ${page} of ${pages.length}</a></p>`}</div></details></nav>
<main id="conversation" tabindex="-1">
<div id="diff-layout">${hasDiffs && html`<fieldset class="diff-layout"><legend>Changes</legend><label><input type="radio" name="diff-layout" value="unified" checked>Unified</label><label><input type="radio" name="diff-layout" value="split" id="split">Split</label></fieldset>`}</div>
<div id="messages">
`
}

/** The way to the other pages. `data-from` is the number of the first message, for an address that names a message of another page. */
function pagesToHtml(id: string, pages: readonly PageRange[], current: number): Html {
  return html`<nav aria-label="Pages" class="pages"><ol>${pages.map(({ from, until }, index) => html`<li><a href="/share/${id}?page=${index + 1}" data-from="${from + 1}"${index + 1 === current && html` aria-current="page"`}>${formatNumber(from + 1)} to ${formatNumber(until)}</a></li>`)}</ol></nav>`
}

/** Lines of all changes together that a page shows; a file that would pass it is named. */
const mostLines = 20_000

function diffsToHtml(diffs: readonly FileDiff[]): Html {
  let left = mostLines
  const shown = diffs.map((diff) => {
    left -= diff.hunks.reduce((lines, { blocks }) => lines + blocks.reduce((sum, { before, after }) => sum + before.length + after.length, 0), 1)
    return left >= 0 ? diff : { ...diff, hunks: [], cut: true }
  })
  return html`<section aria-label="Files changed"><h2>${formatCount(diffs.length, 'file')} changed</h2>${shown.map((diff) => diffToHtml(diff, diffs.length <= 3))}</section>`
}

function headToHtml(view: ShareView, origin: string): Html {
  const description = describe(view)
  return html`<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${view.title}</title>
<meta name="description" content="${description}">
<meta property="og:type" content="article">
<meta property="og:site_name" content="Holdfast">
<meta property="og:title" content="${view.title}">
<meta property="og:description" content="${description}">
<meta property="og:url" content="${origin}/share/${view.id}">
<meta property="og:image" content="${origin}/share-card.png">
<meta property="og:image:width" content="1200">
<meta property="og:image:height" content="630">
<meta name="twitter:card" content="summary_large_image">`
}

const describe = (view: ShareView): string => [
  formatCount(view.messages.length, 'message'), view.models.slice(0, 3).join(', '), `shared from ${view.source}`,
].filter(Boolean).join(' · ')

/** What is known of the share as a whole. */
function factsToHtml(view: ShareView): Html {
  const facts: [string, Html | string][] = [
    ['Created', timeToHtml(view.created)],
    ['Updated', timeToHtml(view.updated)],
    ['Messages', formatNumber(view.messages.length)],
    ['Parts', formatNumber(view.parts)],
    ['Tokens', html`${formatNumber(view.tokensIn)} <span class="label">in</span> ${formatNumber(view.tokensOut)} <span class="label">out</span>`],
  ]
  if (view.cost > 0) facts.push(['Cost', formatCost(view.cost)])
  if (view.syncs > 0) facts.push(['Syncs', formatNumber(view.syncs)])
  if (view.models.length > 0) facts.push([view.models.length === 1 ? 'Model' : 'Models', view.models.slice(0, 6).join(', ')])
  return html`${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}`
}
