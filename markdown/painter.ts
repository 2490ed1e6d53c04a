/** What takes too long for the page's own thread: colours for code, and formulas. */
export type PaintRequest = { kind: 'code', text: string, language: string } | { kind: 'math', text: string, display: boolean }

/** Answers with HTML, or null when there is nothing better than what the page shows already. Never fails. */
export interface MarkdownPainter {
  paint(request: PaintRequest): Promise<string | null>
}
