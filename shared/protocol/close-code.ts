/** Why the server closed a socket (sync.md §4); the reason text is the error code. */
export const closeCode = {
  /** Something failed on the server; the reason says what. */
  failed: 1011,
  /** `token_expired` (renew) or `unauthorized` (signed out). */
  unauthorized: 4401,
  revoked: 4403,
  noHello: 4408,
  /** A newer socket of this device took over. */
  replaced: 4409,
  upgrade: 4426,
  tooFast: 4429,
} as const
