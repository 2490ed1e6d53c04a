import { mount } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { defineComponent, h, nextTick, shallowRef, useTemplateRef } from 'vue'
import { useLogWindow } from '~/composables/useLogWindow'
import type { MessageId, ThreadId } from '~/shared/domain/ids'
import type { ShownConversation } from '~/stores/messages'

const viewHeight = 500
const padding = 16
const gap = 4
const id = (n: number) => `message-${n}` as MessageId
/** Of each message its own; the test's document has no layout. */
const heightOf = (name: string): number => 60 + Number(name.replace('message-', '')) * 37 % 400
const inFlow = (element: Element): element is HTMLElement => element instanceof HTMLElement && element.dataset.kept === undefined
const ownHeight = (element: HTMLElement): number => (element.dataset.row ? heightOf(element.dataset.row) : Number.parseFloat(element.style.height))
const sum = (elements: readonly HTMLElement[]): number => elements.reduce((total, element) => total + ownHeight(element), 0)

const scrolledTo = new WeakMap<HTMLElement, number>()
const mostScrolled = (element: HTMLElement): number => element.scrollHeight - viewHeight

const layout: PropertyDescriptorMap & ThisType<HTMLElement> = {
  offsetHeight: { configurable: true, get() { return ownHeight(this) } },
  offsetTop: {
    configurable: true, get() {
      const all = [...this.parentElement!.children].filter(inFlow)
      return padding + sum(all.slice(0, all.indexOf(this))) + gap * all.indexOf(this)
    },
  },
  scrollTop: {
    configurable: true,
    get() { return Math.min(scrolledTo.get(this) ?? 0, mostScrolled(this)) },
    set(top: number) { scrolledTo.set(this, Math.max(0, Math.min(top, mostScrolled(this)))) },
  },
  clientHeight: { configurable: true, get: () => viewHeight },
  scrollHeight: { configurable: true, get() { const all = [...this.firstElementChild!.children].filter(inFlow)
      return Math.max(viewHeight, 2 * padding + sum(all) + gap * (all.length - 1))
    } },
}
let before: PropertyDescriptorMap
beforeEach(() => {
  before = Object.fromEntries(Object.keys(layout).map((name) => [name, Object.getOwnPropertyDescriptor(HTMLElement.prototype, name) ?? { configurable: true, value: undefined }]))
  Object.defineProperties(HTMLElement.prototype, layout)
})
afterEach(() => void Object.defineProperties(HTMLElement.prototype, before))

/** A log over the path of so many messages, as the worker would bring it. */
async function open(total: number, target: number | null = null) {
  const path = Array.from({ length: total }, (_, n) => id(n))
  const view: { from: number | null, keep: MessageId | null } = { from: target === null ? null : target - 50, keep: null }
  const toRow = (one: MessageId) => ({
    index: path.indexOf(one), version: { index: 0, count: 1, previous: null, next: null },
    message: {
      id: one, thread: 'thread-1' as ThreadId, parent: null, role: 'user' as const, status: 'final' as const, parts: [], model: null, usage: null, error: null, run: null,
      deleted: false, created_at: 0,
    },
  })
  function answer(): ShownConversation {
    const offset = Math.max(0, Math.min(view.from ?? path.length, path.length - 100))
    const names = path.slice(offset, offset + 100)
    const kept = view.keep && path.includes(view.keep) && !names.includes(view.keep) ? toRow(view.keep) : null
    return { total: path.length, offset, end: path.at(-1) ?? null, target: target, rows: names.map(toRow), kept, keep: view.keep, open: [], pending: [], summary: null }
  }
  const shown = shallowRef<ShownConversation | null>(null)
  let log!: ReturnType<typeof useLogWindow>
  const wrapper = mount(defineComponent(() => {
    const scroller = useTemplateRef<HTMLElement>('scroller')
    const content = useTemplateRef<HTMLElement>('content')
    const ask = (from: number | null) => {
      view.from = from
      void Promise.resolve().then(bring)
    }
    log = useLogWindow({ scroller, content }, shown, { beginsAtEnd: target === null, ask })
    return () => h('div', { ref: 'scroller' }, h('div', { ref: 'content' }, [
      log.range.above > 0 ? h('div', { 'key': 'above', 'data-above': log.range.above, 'style': { height: `${log.range.above}px` } }) : null,
      ...log.items.value.map(({ row, y }) => h('article', { 'key': row.message.id, 'data-row': row.message.id, 'data-kept': y === null ? undefined : '', 'tabindex': -1 })),
      log.range.below > 0 ? h('div', { key: 'below', style: { height: `${log.range.below}px` } }) : null,
    ]))
  }), { attachTo: document.body })
  const scroller = wrapper.element as HTMLElement

  async function settled(): Promise<void> {
    for (let n = 0; n < 12; n++) await nextTick()
    await new Promise((resolve) => requestAnimationFrame(resolve))
  }
  async function bring(): Promise<void> {
    shown.value = answer()
    await settled()
  }
  async function scrollTo(top: number): Promise<void> {
    scroller.scrollTop = top
    scroller.dispatchEvent(new Event('scroll'))
    await settled()
  }
  const drawn = (): HTMLElement[] => [...scroller.querySelectorAll<HTMLElement>('article')]
  const inView = (): string[] => drawn().filter(inFlow)
    .filter((one) => one.offsetTop + one.offsetHeight > scroller.scrollTop && one.offsetTop < scroller.scrollTop + viewHeight).map(({ dataset }) => dataset.row!)
  const topOf = (name: string): number => drawn().find(({ dataset }) => dataset.row === name)!.offsetTop - scroller.scrollTop
  await bring()
  return { path, view, log, scroller, bring, scrollTo, settled, drawn, inView, topOf, close: () => wrapper.unmount() }
}

it('[UI73] of twenty thousand messages a few dozen stand in the page, and one comes from one end to the other over all between', async () => {
  const { log, scroller, scrollTo, settled, drawn, inView, close } = await open(20_000)
  expect(inView().at(-1)).toBe(id(19_999))
  expect(log.atEnd.value).toBe(true)
  let lowest = 19_999
  for (let n = 0; n < 150; n++) {
    await scrollTo(scroller.scrollTop - 300)
    const seen = inView().map((name) => Number(name.slice(8)))
    expect(seen.length, `step ${n}`).toBeGreaterThan(1)
    expect(seen).toEqual(seen.map((_, index) => seen[0]! + index))
    expect(seen.at(-1)!, 'none was skipped').toBeGreaterThanOrEqual(lowest - 1)
    expect(seen[0]!).toBeLessThanOrEqual(lowest)
    lowest = seen[0]!
    expect(drawn().length).toBeLessThanOrEqual(60)
  }
  expect(log.atEnd.value).toBe(false)
  expect(lowest).toBeLessThan(19_850)
  await scrollTo(scroller.scrollHeight / 2)
  expect(inView().length).toBeGreaterThan(1)
  expect(Math.abs(Number(inView()[0]!.slice(8)) - 10_000)).toBeLessThan(500)
  log.toStart()
  await settled()
  expect([inView()[0], scroller.scrollTop]).toEqual([id(0), 0])
  log.toEnd()
  await settled()
  expect([inView().at(-1), log.atEnd.value]).toEqual([id(19_999), true])
  expect(drawn().length).toBeLessThanOrEqual(60)
  close()
})

it('[UI74] what changes above leaves the place, what comes at the end is followed there only, and the focus stays', async () => {
  const { path, view, log, scroller, bring, scrollTo, drawn, inView, topOf, close } = await open(600)
  path.push(id(600), id(601))
  await bring()
  expect(inView().at(-1)).toBe(id(601))
  await scrollTo(scroller.scrollHeight / 2)
  const there = inView()[1]!
  const before = topOf(there)
  path.splice(path.indexOf(there as MessageId) - 3, 2)
  path.splice(3, 2)
  await bring()
  expect(topOf(there)).toBe(before)
  path.push(id(602))
  await bring()
  expect([topOf(there), log.atEnd.value]).toEqual([before, false])

  drawn().find(({ dataset }) => dataset.row === there)!.focus()
  view.keep = there as MessageId
  await bring()
  await scrollTo(scroller.scrollTop - 9_000)
  expect(inView()).not.toContain(there)
  expect([(document.activeElement as HTMLElement).dataset.row, drawn().some(({ dataset }) => dataset.row === there)]).toEqual([there, true])
  await scrollTo(scroller.scrollTop + 9_000)
  expect(inView()).toContain(there)
  path.splice(path.indexOf(there as MessageId), 1)
  await bring()
  expect(drawn().some(({ dataset }) => dataset.row === there)).toBe(false)
  close()
})

it('[UI75] a message that is gone to stands in the middle', async () => {
  const { view, log, scroller, bring, scrollTo, drawn, settled, inView, topOf, close } = await open(2_000, 700)
  log.toMessage(id(700), 700)
  await settled()
  expect(inView()).toContain(id(700))
  expect(topOf(id(700)) + heightOf(id(700)) / 2).toBeCloseTo(viewHeight / 2, 0)
  drawn().find(({ dataset }) => dataset.row === id(700))!.focus()
  view.keep = id(700)
  await bring()
  log.toEnd()
  await settled()
  expect([inView().at(-1), log.atEnd.value]).toEqual([id(1_999), true])
  ;(document.activeElement as HTMLElement).blur()
  await scrollTo(scroller.scrollHeight / 2)
  expect(inView().length).toBeGreaterThan(1)
  log.toEnd()
  await settled()
  expect([inView().at(-1), log.atEnd.value]).toEqual([id(1_999), true])
  close()
})
