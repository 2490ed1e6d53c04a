import { html } from './html'

/** Holdfast's mark, in the page itself. */
export const mark = html`<svg viewBox="0 0 512 512" aria-hidden="true"><rect width="512" height="512" rx="112" fill="#134e4a"/><g fill="none" stroke-linecap="round" stroke-linejoin="round"><path d="M168 124v176c0 46 34 74 88 88 54-14 88-42 88-88V124" stroke="#f0fdfa" stroke-width="44"/><path d="M168 236c58-36 118 36 176 0" stroke="#5eead4" stroke-width="40"/></g></svg>`
