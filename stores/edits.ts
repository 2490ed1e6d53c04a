import { z } from 'zod'
import { drop, keep } from '~/stores/kept'
import { readStored } from '~/stores/storedJson'

const textSchema = z.object({ text: z.string() })
const keyOf = (message: string): string => `holdfast:edit:${message}`

/**
 * Edits of messages that were begun and neither sent nor cancelled: like drafts they stand in localStorage at each input, so that a reload
 * loses nothing. They stay on this device.
 */
export const unfinishedEdits = {
  /** The text so far; null when the message is not being edited. */
  read: (message: string): string | null => readStored(keyOf(message), textSchema)?.text ?? null,
  write: (message: string, text: string): void => keep(keyOf(message), JSON.stringify({ text })),
  end: (message: string): void => drop(keyOf(message)),
}
