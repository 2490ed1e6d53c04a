/**
 * Whether the server serves this build now, read off its page, past every cache. False when it cannot be asked: of two builds
 * that meet offline the one that leads stays.
 */
export async function isCurrentBuild(build: string): Promise<boolean> {
  try {
    const response = await fetch(`/?build=${Date.now()}`, { cache: 'no-store', headers: { accept: 'text/html' }, signal: AbortSignal.timeout(5_000) })
    return response.ok && (await response.text()).includes(`buildId:"${build}"`)
  } catch {
    return false
  }
}
