/** What an address of the share API names: what follows `/api/share`, and the share key of its base path. */
export interface ShareAddress { path: string, key: string | null }

/** Reads an address of the share API; null for any other. Slashes are collapsed, since a base URL that ends in one doubles it. */
export function readShareAddress(url: string): ShareAddress | null {
  const plain = (url.split('?', 1)[0] ?? '').replace(/\/{2,}/g, '/')
  const match = /^(?:\/t\/([^/]+))?\/api\/share(\/.*)?$/.exec(plain)
  return match && { key: match[1] ?? null, path: match[2] ?? '' }
}
