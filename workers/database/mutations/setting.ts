import { draftPrefix, holdDraft, releaseDraft } from '../drafts'
import type { Mutation } from './mutation'

/** A draft is kept at once but goes to the outbox at most every 2 s (sync.md §1); clearing it goes at once. */
export const setSetting: Mutation<'set-setting'> = (context, { name, value }) => {
  if (name.startsWith(draftPrefix) && value !== null) {
    holdDraft(context, name, value)
    return {}
  }
  releaseDraft(context, name)
  context.write([{ t: 'setting', k: name, c: { value } }])
  return {}
}
