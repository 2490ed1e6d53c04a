/** Where a provider may be reached: https, or anything on this machine. Throws, so that a wrong setting stops the start. */
export function parseUpstreamUrl(text: string, name: string): string {
  if (!URL.canParse(text)) throw new Error(`${name} must be a URL, not ${JSON.stringify(text)}`)
  const { protocol, hostname } = new URL(text)
  const loopback = hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname)
  if (protocol !== 'https:' && !(protocol === 'http:' && loopback)) throw new Error(`${name} must be https unless it is on this machine, not ${text}`)
  return text.replace(/\/+$/, '')
}
