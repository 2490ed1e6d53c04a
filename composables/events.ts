/** Events of the window by which parts of the page that do not know each other ask for the keyboard's focus. */
export const focusSearchEvent = 'holdfast:focus-search'
export const focusComposerEvent = 'holdfast:focus-composer'
export const openModelsEvent = 'holdfast:open-models'
/** The last message of one's own is to be edited. */
export const editLastEvent = 'holdfast:edit-last'
/** Its detail is text for the composer: what a cancelled send said. */
export const giveTextEvent = 'holdfast:give-text'

/** Its detail is the file parts of a cancelled send. */
export const giveFilesEvent = 'holdfast:give-files'

export const announce = (name: string, detail?: unknown): boolean => window.dispatchEvent(new CustomEvent(name, { detail }))
