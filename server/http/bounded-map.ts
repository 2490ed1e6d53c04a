/**
 * A map of bounded size, for counts by who calls and for what there could be no end of. When it is full the entry that was set longest ago goes, but
 * those that `isHeavy` picks have room of their own: a caller that is held back cannot push its count out by calling under many other names.
 */
export interface BoundedMap<Value> {
  get(key: string): Value | undefined
  set(key: string, value: Value): void
  delete(key: string): void
  readonly size: number
}

/** `max` light entries and as many heavy ones; without `isHeavy` all are light. */
export function createBoundedMap<Value>({ max, isHeavy = () => false }: { max: number, isHeavy?(value: Value): boolean }): BoundedMap<Value> {
  const light = new Map<string, Value>()
  const heavy = new Map<string, Value>()
  return {
    get: (key) => heavy.get(key) ?? light.get(key),
    set(key, value) {
      heavy.delete(key)
      light.delete(key)
      const room = isHeavy(value) ? heavy : light
      room.set(key, value)
      for (const oldest of room.keys()) {
        if (room.size <= max) break
        room.delete(oldest)
      }
    },
    delete(key) {
      heavy.delete(key)
      light.delete(key)
    },
    get size() {
      return light.size + heavy.size
    },
  }
}
