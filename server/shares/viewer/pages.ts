import type { MessageView } from './model'

/** The messages of one page: from an index on, up to another. */
export interface PageRange { from: number, until: number }

/** An ordinary share stays on one page; a longer one is cut where a browser, and our own time, would feel it. */
const longest = 2_000_000
const most = 2_500

/** Cuts messages into pages, at least one. What is added at the end leaves the pages before it as they are. */
export function messagesToPages(messages: readonly MessageView[]): PageRange[] {
  const pages: PageRange[] = []
  let page: PageRange = { from: 0, until: 0 }
  let weight = 0
  for (const message of messages) {
    if (page.until > page.from && (weight + message.weight > longest || page.until - page.from >= most)) {
      pages.push(page)
      page = { from: page.until, until: page.until }
      weight = 0
    }
    page.until++
    weight += message.weight
  }
  return [...pages, page]
}
