import { createId, messageIdSchema, runIdSchema, threadIdSchema } from '~/shared/domain/ids'

/** An id made now, from the browser's own randomness. */
export const newId = (): string => createId(Date.now(), (length) => crypto.getRandomValues(new Uint8Array(length)))
export const newThreadId = () => threadIdSchema.parse(newId())
export const newMessageId = () => messageIdSchema.parse(newId())
export const newRunId = () => runIdSchema.parse(newId())

/** What every write carries: see `mutation` in workers/api.ts. */
export const newMutation = (): { mutation: string, at: number } => ({ mutation: newId(), at: Date.now() })
