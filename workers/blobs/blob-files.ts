/** Attachment bytes on the device, by their SHA-256. Any tab's worker may read and write; the database's own files are out of its reach. */
export interface BlobFiles {
  /** Durable when it returns. Throws `QuotaExceededError` when the device has no room. */
  write(sha256: string, bytes: Blob): Promise<void>
  /** Null when it is not there, or not whole: `size` is what the caller knows of it. */
  read(sha256: string, size: number | null): Promise<Blob | null>
  remove(sha256: string): Promise<void>
  /** Every file with the time of its writing, in ms. */
  list(): Promise<{ sha256: string, size: number, at: number }[]>
  clear(): Promise<void>
}

export const isBlobName = (name: string): boolean => /^[0-9a-f]{64}$/.test(name)
