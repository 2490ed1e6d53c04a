/** What is smaller is built at once, always; what is larger rests ten times as long as its build takes, which is some 10 ms a megabyte. */
const smallBytes = 1024 * 1024
const bytesPerMs = 10 * 1024

/** Keeps what a reader's look sets off from taking the server's time from others, however often it is looked at. */
export function createRest() {
  const resting = new Set<string>()
  return {
    isResting: (name: string): boolean => resting.has(name),
    /** After work on so many bytes. */
    begin(name: string, bytes: number): void {
      if (bytes < smallBytes) return
      resting.add(name)
      setTimeout(() => resting.delete(name), bytes / bytesPerMs).unref()
    },
  }
}
