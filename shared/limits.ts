/** Limits that both sides keep (sync.md §4). Bytes are of the UTF-8 JSON text. */
export const limits = {
  /** Changes in one push, and the bytes of their JSON. A push always may carry one change. */
  pushChanges: 500,
  pushBytes: 256 * 1024,
  /** Changes in one page, and the bytes of their JSON. A page always carries at least one. */
  pageChanges: 2_000,
  pageBytes: 512 * 1024,
  /** One change of a device; longer text becomes an attachment. */
  changeBytes: 256 * 1024,
  /** One change of the server: a long reply. */
  serverChangeBytes: 4 * 1024 * 1024,
  /** One socket frame from a client. */
  frameBytes: 1024 * 1024,
  /** One JSON request body outside shares and blobs, and one that holds names, codes and switches only. */
  bodyBytes: 1024 * 1024,
  smallBodyBytes: 4 * 1024,
  /** Head above which a device without a cursor starts from an image instead of pages. */
  resetAbove: 5_000,
  /** How far a fresh clock may be ahead of the server, in ms. */
  clockAheadMs: 60_000,
  titleLength: 300,
  deviceNameLength: 80,
} as const
