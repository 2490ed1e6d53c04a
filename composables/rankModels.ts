import type { Model } from '~/shared/protocol/openrouter'

/** Models whose name or id has every word of the query, the best match first; without a query the chosen one, then the newest. */
export function rankModels(models: readonly Model[], query: string, chosen: string): Model[] {
  const words = query.trim().toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) {
    return [...models].sort((a, b) => Number(b.id === chosen) - Number(a.id === chosen) || b.created - a.created)
  }
  const whole = words.join(' ')
  const rank = (model: Model): number => {
    const id = model.id.toLowerCase()
    const name = model.name.toLowerCase()
    if (id === whole || name === whole) return 0
    if (id.startsWith(whole) || name.startsWith(whole)) return 1
    if (id.includes(`/${whole}`) || name.includes(` ${whole}`)) return 2
    return 3
  }
  return models
    .filter((model) => {
      const text = `${model.id} ${model.name}`.toLowerCase()
      return words.every((word) => text.includes(word))
    })
    .map((model) => ({ model, rank: rank(model) }))
    .sort((a, b) => a.rank - b.rank || b.model.created - a.model.created)
    .map(({ model }) => model)
}
