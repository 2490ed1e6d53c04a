/** The tables of shares. Times are ms since 1970, JSON is kept as text, flags are 0 or 1. */

export interface ShareTable {
  /** 22 random characters; knowing it is what lets one read. */
  id: string
  /** An agent's session, written by its client; or a thread, written by us from the space's rows. */
  kind: 'session' | 'thread'
  /** Owner; null when it was created without a key. */
  space: string | null
  /** The share key it was created with. */
  share_key: string | null
  /** The agent's session id, or the thread's. */
  source: string
  /** SHA-256 of the secret; null for a thread, which only its owner's devices change. */
  secret_hash: string | null
  title: string
  /** Settings of a thread's share (`threadShareOptionsSchema`) as JSON; null for a session. */
  options: string | null
  /** The space's head up to which a thread's items were built; 0 for a session. */
  built: number
  syncs: number
  views: number
  items: number
  bytes: number
  created_at: number
  updated_at: number
  expires_at: number | null
}

export interface ShareItemTable {
  share: string
  /** See `itemToKey`. */
  key: string
  type: string
  data: string
  bytes: number
}

export interface ShareKeyTable {
  id: string
  space: string
  name: string
  key_hash: string
  created_at: number
  last_used: number | null
  revoked_at: number | null
}

export interface AuditTable {
  id: string
  at: number
  space: string | null
  event: string
  /** What it was done to: a share's or a key's id. */
  subject: string
  /** Who did it: `secret`, `key:<id>`, `device:<id>`, `anonymous` or `server`. Never a secret. */
  actor: string
}
