import { diffToHtml } from './diff-html'
import { formatCost, formatCount, formatNumber, timeToHtml } from './format'
import { html, trusted, type Html } from './html'
import { messageToHtml } from './message-html'
import type { ShareView } from './model'
import { navigatorToHtml } from './navigator-html'
import type { Painter } from './paint'
import { mark } from './mark'
import { styles } from './styles'

export interface PageOptions {
  /** Where the server is reached, for the addresses that leave the page. */
  origin: string
  /** One file that works by itself: no script, no link that needs the server. */
  standalone: boolean
}

/** The whole document of a share. */
export async function viewToPage(view: ShareView, painter: Painter, { origin, standalone }: PageOptions): Promise<string> {
  const articles: Html[] = []
  for (const [index, message] of view.messages.entries()) articles.push(await messageToHtml(message, index, painter))
  const navigator = navigatorToHtml(view.messages)
  const hasDiffs = view.diffs.length > 0 || view.messages.some((message) => message.diffs.length > 0 || message.parts.some((part) => part.kind === 'tool' && part.diffs.length > 0))
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
<nav aria-label="Messages"><details class="navigator" open><summary>Messages</summary><div id="navigator">${navigator}</div></details></nav>
<main id="conversation" tabindex="-1">
<div id="diff-layout">${hasDiffs && html`<fieldset class="diff-layout"><legend>Changes</legend><label><input type="radio" name="diff-layout" value="unified" checked>Unified</label><label><input type="radio" name="diff-layout" value="split" id="split">Split</label></fieldset>`}</div>
<div id="messages">
${articles.length > 0 ? articles : html`<p class="empty">Nothing has been shared here yet.</p>`}
</div>
<div id="changes">${view.diffs.length > 0 && html`<section aria-label="Files changed"><h2>${formatCount(view.diffs.length, 'file')} changed</h2>${view.diffs.map((diff) => diffToHtml(diff, view.diffs.length <= 3))}</section>`}</div>
</main>
</div>
</body>
</html>
`.text
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
