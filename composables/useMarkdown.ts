import { shallowRef, watchEffect, type ShallowRef } from 'vue'
import { useNuxtApp } from '#app'
import { createDocument, renderBlock, type Block } from '~/markdown/document'
import { escapeHtml } from '~/markdown/escape'
import type { MarkdownPainter } from '~/markdown/painter'

/** The blocks of a text; blocks that did not change stay the same objects. */
export function useMarkdownBlocks(text: () => string, streaming: () => boolean): ShallowRef<Block[]> {
  const document = createDocument()
  const blocks = shallowRef<Block[]>([])
  watchEffect(() => {
    blocks.value = document.update(text(), streaming())
  })
  return blocks
}

const remembered = 400
const paintedCode = new Map<string, string | null>()
const paintedMath = new Map<string, ShallowRef<string | null | undefined>>()

function remember<T>(map: Map<string, T>, key: string, value: T): T {
  map.set(key, value)
  const oldest = map.size > remembered ? map.keys().next().value : undefined
  if (oldest !== undefined) map.delete(oldest)
  return value
}

const codeKey = (language: string, code: string) => `${language}\n${code}`

/** One code block on its way: what it shows, what it should show, and whether it is being coloured. One at a time, the newest wins. */
interface Slot { shown: { code: string, language: string, html: string } | null, wanted: { code: string, language: string }, busy: boolean, repaint: ShallowRef<number> }

async function paintNewest(slot: Slot, painter: MarkdownPainter): Promise<void> {
  if (slot.busy) return
  slot.busy = true
  for (let painted = ''; painted !== codeKey(slot.wanted.language, slot.wanted.code);) {
    const { code, language } = slot.wanted
    painted = codeKey(language, code)
    const html = remember(paintedCode, painted, await painter.paint({ kind: 'code', text: code, language }))
    slot.shown = html === null ? null : { code, language, html }
    slot.repaint.value++
  }
  slot.busy = false
}

/** While code grows its finished lines keep their colours; what is new is plain for a moment. */
function growing({ shown }: Slot, code: string, language: string): string | undefined {
  if (!shown || shown.language !== language || !code.startsWith(shown.code)) return undefined
  const finished = shown.code.lastIndexOf('\n') + 1
  const lines = shown.html.split('\n').slice(0, -1)
  return lines.map((line) => `${line}\n`).join('') + escapeHtml(code.slice(finished))
}

let mathStyles: Promise<unknown> | undefined

/** The HTML of one block, painted plain at once and again when its colours and formulas are there. */
export function useMarkdownBlock(block: () => Block): ShallowRef<string> {
  const painter = useNuxtApp().$markdown
  const slots = new Map<number, Slot>()
  const html = shallowRef('')

  function code(text: string, language: string, ordinal: number): string | undefined {
    const slot = slots.get(ordinal) ?? { shown: null, wanted: { code: text, language }, busy: false, repaint: shallowRef(0) }
    slots.set(ordinal, slot)
    void slot.repaint.value
    const known = paintedCode.get(codeKey(language, text))
    if (known !== undefined) {
      slot.shown = known === null ? null : { code: text, language, html: known }
      return known ?? undefined
    }
    slot.wanted = { code: text, language }
    void paintNewest(slot, painter)
    return growing(slot, text, language)
  }

  function math(tex: string, display: boolean): string | undefined {
    mathStyles ??= import('katex/dist/katex.min.css')
    const key = `${display}\n${tex}`
    const known = paintedMath.get(key)
    if (known) return known.value ?? undefined
    const answer = remember(paintedMath, key, shallowRef<string | null>())
    void Promise.all([painter.paint({ kind: 'math', text: tex, display }), mathStyles]).then(([painted]) => {
      answer.value = painted
    })
    return answer.value ?? undefined
  }

  watchEffect(() => {
    html.value = renderBlock(block(), { code, math, controls: true })
  })
  return html
}
