import { html, trusted } from './html'
import { mark } from './mark'
import { styles } from './styles'

/** What stands where no share is, or none is shown. */
export const absentPage = (message: string, heading = 'Nothing is shared here'): string => html`<!doctype html>
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
<main class="top"><h1>${heading}</h1><p>${message}</p></main>
</body>
</html>
`.text
