// The test's document has no workers, and what is mounted here asks for none.
globalThis.Worker ??= class extends EventTarget {
  postMessage() {}
  terminate() {}
} as unknown as typeof Worker
