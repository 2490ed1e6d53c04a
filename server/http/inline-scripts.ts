import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What Nuxt UI adds to a page that was not rendered on the server: it stands in no file, so it is named here, word for word. */
const kitScripts = ['document.head.removeChild(document.querySelector(\'[data-nuxt-ui-colors]\'))']

const toSource = (script: string): string => `'sha256-${createHash('sha256').update(script).digest('base64')}'`

/** The CSP sources, `'sha256-…'`, of the inline scripts of an HTML page. */
export function inlineScriptHashes(html: string): string[] {
  const hashes: string[] = []
  for (const [, attributes = '', text = ''] of html.matchAll(/<script\b([^>]*)>([\s\S]*?)<\/script>/gi)) {
    // Blocks of data are not run, so they need no leave.
    if (/\bsrc\s*=|\btype\s*=\s*["']?application\//i.test(attributes) || text === '') continue
    hashes.push(toSource(text))
  }
  return hashes
}

/** Those of every page that the build wrote into the public folder, and of the component kit. */
export function readPageHashes(publicDir: string): string[] {
  if (!existsSync(publicDir)) return []
  const pages = readdirSync(publicDir, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.html'))
  const inPages = pages.flatMap((name) => inlineScriptHashes(readFileSync(join(publicDir, name), 'utf8')))
  return [...new Set([...inPages, ...kitScripts.map(toSource)])]
}
