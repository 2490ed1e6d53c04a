/** How much shares may take. Bytes count the JSON text of items. Tests start servers with smaller ones. */
export interface ShareQuotas {
  /** One request body: the client sends a whole session at once and never in pieces. */
  bodyBytes: number
  /** Values in it: objects, lists and their members. */
  bodyValues: number
  /** Items and bytes of one share. */
  shareItems: number
  shareBytes: number
  /** Shares of one space, and of all who create without a key together. */
  spaceShares: number
  anonymousShares: number
  anonymousBytes: number
  /** Share keys of one space that are not revoked. */
  spaceKeys: number
  /** Requests a minute from one address: creations, everything else that writes, and readings of a page, its data or its file. */
  createsPerMinute: number
  writesPerMinute: number
  readsPerMinute: number
  /** Wrong secrets and keys from one address in ten minutes, after which it is told to wait. */
  failuresPerTenMinutes: number
  /** How long, in ms, a thread may work on a page, with its colours, and on a file. */
  pageMs: number
  fileMs: number
}

export const defaultQuotas: ShareQuotas = {
  bodyBytes: 32 * 1024 * 1024,
  bodyValues: 2_000_000,
  shareItems: 50_000,
  shareBytes: 96 * 1024 * 1024,
  spaceShares: 5_000,
  anonymousShares: 1_000,
  anonymousBytes: 2 * 1024 * 1024 * 1024,
  spaceKeys: 50,
  createsPerMinute: 60,
  writesPerMinute: 1_200,
  readsPerMinute: 3_000,
  failuresPerTenMinutes: 30,
  pageMs: 20_000,
  fileMs: 60_000,
}

/** A share that was created without a key and never synced belongs to nobody and shows nothing: it goes after a day. */
export const emptyShareMs = 24 * 60 * 60 * 1000
/** How long audit entries stay. */
export const auditMs = 180 * 24 * 60 * 60 * 1000
