/** A device's token. Only SHA-256 hashes are stored; `next_hash` is a renewal's, which takes over when it first authenticates. */
export interface ClientTokenTable {
  id: string
  space: string
  device: string
  device_name: string
  token_hash: string
  next_hash: string | null
  next_expires_at: number | null
  created_at: number
  last_seen: number | null
  expires_at: number
  revoked_at: number | null
}

export interface PairingCodeTable {
  code_hash: string
  space: string
  created_at: number
  expires_at: number
}
