import { html, type Html } from './html'

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (value: number) => String(value).padStart(2, '0')

/** 1234567 → `1,234,567`. */
export const formatNumber = (value: number): string => Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, ',')

/** `1 message`, `2 messages`. */
export const formatCount = (value: number, noun: string): string => `${formatNumber(value)} ${noun}${value === 1 ? '' : 's'}`

/** Bytes as a person reads them. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${Math.round(bytes)} B`
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** How long something took. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`
}

/** `21 Nov 2026, 06:05 UTC`: the page is made once for readers everywhere. */
export function formatTime(ms: number): string {
  const date = new Date(ms)
  return `${date.getUTCDate()} ${months[date.getUTCMonth()]} ${date.getUTCFullYear()}, ${two(date.getUTCHours())}:${two(date.getUTCMinutes())} UTC`
}

export const timeToHtml = (ms: number): Html => html`<time datetime="${new Date(ms).toISOString()}">${formatTime(ms)}</time>`

/** US dollars, in as many digits as a small amount needs. */
export const formatCost = (cost: number): string => `$${cost >= 1 ? cost.toFixed(2) : cost.toPrecision(2).replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '')}`
