import type { Message } from '~/shared/domain/message'
import { partsToText } from '~/shared/domain/part'

/** The first line of a message, for a list to choose from. */
export function messageToLine({ role, parts }: Message): string {
  const line = partsToText(parts).trim().split('\n', 1)[0]?.slice(0, 80) ?? ''
  return `${role === 'user' ? 'You' : 'Assistant'}: ${line || '…'}`
}

export const expiryChoices = [
  { label: 'Never', value: 0 },
  { label: 'In a day', value: 86_400_000 },
  { label: 'In a week', value: 7 * 86_400_000 },
  { label: 'In 30 days', value: 30 * 86_400_000 },
]
