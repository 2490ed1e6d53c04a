/**
 * Adds the hashes that a row's JSON names to `into`. Only their form is looked at: a hash in a part of a kind we do not know yet,
 * or in a draft, holds its blob as well; a text that happens to hold one costs some disk and no more.
 */
export function collectHashes(json: string, into: Set<string>): void {
  for (const [, sha256] of json.matchAll(/"([0-9a-f]{64})"/g)) into.add(sha256!)
}
