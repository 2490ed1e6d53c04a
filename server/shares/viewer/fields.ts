import { isRecord } from '../record'

/** Readers of data that a client wrote and nobody checked: each answers something of its type, whatever is there. */
export const textOf = (value: unknown, fallback = ''): string => (typeof value === 'string' ? value : fallback)
export const numberOf = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0)
export const positionOf = (value: unknown): number | null => (Number.isSafeInteger(value) ? value as number : null)
export const timeOf = (value: unknown): number | null => (typeof value === 'number' && value > 0 && value < 8.64e15 ? value : null)
export const recordOf = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {})
export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
