import { createDocument, renderBlock } from '~/markdown/document'
import { escapeHtml } from '~/markdown/escape'
import { highlight } from '~/markdown/highlight'
import { trusted, type Html } from './html'
import { renderFormula } from './formula'

/** Text and code longer than these are shown as they are: laying them out would take long. The longest is cut. */
const longestText = 200_000
const longestPlain = 1_000_000
const longestCode = 30_000

/** Renders Markdown and code for pages. Rendered text is kept between pages, so a share that grows pays for what is new. */
export interface Painter {
  markdown(text: string): Promise<Html>
  code(code: string, language: string): Promise<Html>
  /** Whether everything so far has its colours. What it had no time for stays plain; a later painter with the same cache goes on from there. */
  isComplete(): boolean
}

export interface PaintCache { get(key: string): string | undefined, set(key: string, html: string): void }

/** Keeps the most recently used entries within a number of characters. */
export function createPaintCache(characters: number): PaintCache {
  const entries = new Map<string, string>()
  let held = 0
  return {
    get(key) {
      const html = entries.get(key)
      if (html === undefined) return undefined
      entries.delete(key)
      entries.set(key, html)
      return html
    },
    set(key, html) {
      held += key.length + html.length - (entries.has(key) ? key.length + (entries.get(key)?.length ?? 0) : 0)
      entries.delete(key)
      entries.set(key, html)
      for (const [oldest, old] of entries) {
        if (held <= characters) break
        entries.delete(oldest)
        held -= oldest.length + old.length
      }
    },
  }
}

/** `patience` is how long, in ms, a page may wait for its colours. */
export function createPainter(cache: PaintCache, { patience, clock = () => performance.now() }: { patience: number, clock?: () => number }): Painter {
  let isComplete = true
  let spent = 0
  let breath = clock()

  /** Lets other requests through: a long share is many short pieces of work. */
  const breathe = async () => {
    if (clock() - breath < 15) return
    await new Promise<void>((resolve) => setImmediate(resolve))
    breath = clock()
  }

  /** Coloured code; null when there is no grammar for it, undefined when there is no time left. */
  const colour = async (code: string, language: string): Promise<string | null | undefined> => {
    const key = `code ${language}\n${code}`
    const known = cache.get(key)
    if (known !== undefined) return known
    if (code.length > longestCode || !language) return null
    if (spent > patience) return undefined
    const start = clock()
    const html = await highlight(code, language)
    spent += clock() - start
    if (html !== null) cache.set(key, html)
    return html
  }

  const markdown = async (text: string): Promise<Html> => {
    if (text.length > longestText) {
      const rest = text.length > longestPlain ? '<p class="quiet">The rest of this text is in the JSON download.</p>' : ''
      return trusted(`<pre class="plain">${escapeHtml(text.slice(0, longestPlain))}</pre>${rest}`)
    }
    const key = `text\n${text}`
    const known = cache.get(key)
    if (known !== undefined) return trusted(known)
    await breathe()
    const blocks = createDocument().update(text, false)
    const wanted = new Map<string, { code: string, language: string }>()
    const render = (coloured: ReadonlyMap<string, string>) => blocks.map((block) => renderBlock(block, {
      code: (code, language) => {
        wanted.set(`${language}\n${code}`, { code, language })
        return coloured.get(`${language}\n${code}`)
      },
      math: renderFormula,
    })).join('')
    let html = render(new Map())
    let isLate = false
    const coloured = new Map<string, string>()
    for (const [id, { code, language }] of wanted) {
      const painted = await colour(code, language)
      if (painted) coloured.set(id, painted)
      isLate ||= painted === undefined
    }
    if (coloured.size > 0) html = render(coloured)
    // A page within a sandbox hands its restrictions to the windows it opens: links lead on in the same one.
    html = inOrder(html.replaceAll(' target="_blank" rel="noopener noreferrer"', ' rel="noopener noreferrer nofollow ugc"'))
    if (isLate) isComplete = false
    else cache.set(key, html)
    return trusted(html)
  }

  return {
    markdown,
    async code(code, language) {
      await breathe()
      const html = await colour(code, language)
      if (html === undefined) isComplete = false
      return trusted(html ?? escapeHtml(code))
    },
    isComplete: () => isComplete,
  }
}

/** Each message stands below a heading of the second level, and no heading skips one: models begin anywhere. Text cannot look like these tags. */
function inOrder(html: string): string {
  let level = 2
  return html.replace(/<h([3-6])( class="heading-\d"[^>]*>)|<\/h[3-6]>/g, (_tag, given: string | undefined, rest: string | undefined) => {
    if (given === undefined) return `</h${level}>`
    level = Math.min(Number(given), level + 1)
    return `<h${level}${rest ?? ''}`
  })
}
