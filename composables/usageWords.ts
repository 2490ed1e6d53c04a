import { costToText, countToText } from './formats'

/** Tokens and cost, of one reply or of many. */
export interface Spent { promptTokens: number, completionTokens: number, cachedTokens?: number, reasoningTokens?: number, cost?: number | null }

/** What was spent, a line each: tokens in and out, what of them was cached or reasoning, and the cost. */
export function spentToLines({ promptTokens, completionTokens, cachedTokens, reasoningTokens, cost }: Spent): string[] {
  const tokens = (count: number): string => `${countToText(count)} ${count === 1 ? 'token' : 'tokens'}`
  return [
    `${tokens(promptTokens)} in${cachedTokens ? `, ${countToText(cachedTokens)} of them cached` : ''}`,
    `${tokens(completionTokens)} out${reasoningTokens ? `, ${countToText(reasoningTokens)} of them reasoning` : ''}`,
    ...(cost == null ? [] : [costToText(cost)]),
  ]
}
