import { html, trusted, type Html } from './html'
import { mark } from './mark'
import { styles } from './styles'

/** What stands where no share is, or none is shown. */
export const absentPage = (message: string, heading = 'Nothing is shared here'): string => explain(heading, html`<p>${message}</p>`)

/** What stands where a share has fewer pages than an address says: one may have been written down before the thread became shorter. */
export const noSuchPage = (id: string): string => explain('No such page', html`<p>This share has fewer pages. <a href="/share/${id}">Go to its first page</a>.</p>`)

/** What stands where a share is too much to be laid out. */
export const tooLargePage = (id: string): string => explain('Too large to be shown', html`<p>Laying out this share takes too long. All of it can be downloaded:
<a href="/share/${id}/download?format=json" download>JSON</a> or <a href="/share/${id}/download?format=md" download>Markdown</a>.</p>`)

const explain = (heading: string, body: Html): string => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<meta name="color-scheme" content="light dark">
<title>Not shared</title>
<style>${trusted(styles)}</style>
</head>
<body>
<header class="top"><div class="brand"><a href="/">${mark}Holdfast</a></div></header>
<main class="top"><h1>${heading}</h1>${body}</main>
</body>
</html>
`.text
