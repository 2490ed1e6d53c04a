/** What a browser does to a frozen page: nothing is delivered to it, no timer runs, until it is thawed. A dead one gets nothing ever. */
export function createGate() {
  let state: 'open' | 'frozen' | 'dead' = 'open'
  let waiting: (() => void)[] = []
  return {
    pass(run: () => void) {
      if (state === 'open') run()
      else if (state === 'frozen') waiting.push(run)
    },
    freeze: () => void (state = 'frozen'),
    thaw() {
      state = 'open'
      const runs = waiting
      waiting = []
      for (const run of runs) run()
    },
    die() {
      state = 'dead'
      waiting = []
    },
    isDead: () => state === 'dead',
  }
}
export type Gate = ReturnType<typeof createGate>
