/** Hands a file to the browser's downloads. */
export function saveFile(bytes: Uint8Array, name: string, type: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([new Uint8Array(bytes)], { type }))
  link.download = name
  link.click()
  // The browser has its own hold on the file once the click has been handled.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
