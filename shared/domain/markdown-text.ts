/** Text on one line, its spaces put together. */
export const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()

/** A fence longer than any within the text, so that nothing can end it early. */
export function fenceFor(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map(([fence]) => fence.length))
  return '`'.repeat(longest + 1)
}

/** A source as a line with a link that neither its title nor its address can break out of. */
export const sourceToMarkdown = (title: string, url: string): string => `Source: [${oneLine(title).replace(/[[\]]/g, '')}](<${url.replace(/[<>]/g, encodeURIComponent)}>)`
