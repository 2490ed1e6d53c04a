/** The tables of blobs. Times are ms since 1970. */

/** One stored object. Its bytes are in the store, once, however many spaces hold them. */
export interface BlobTable {
  sha256: string
  size: number
  created_at: number
}

/** A space holds an object: only then do its devices see it. */
export interface BlobRefTable {
  space: string
  sha256: string
  /** As the space's device declared it; it was checked against the bytes. */
  mime: string
  size: number
  created_at: number
  /** Since when no row of the space has named it; null while one does. */
  unreferenced_since: number | null
}
