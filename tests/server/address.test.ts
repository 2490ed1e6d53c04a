import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createClientAddress } from '~/server/http/address'
import { inlineScriptHashes, readPageHashes } from '~/server/http/inline-scripts'

const from = (trusted: string[], peer: string, forwarded?: string) =>
  createClientAddress(trusted)({ socket: { remoteAddress: peer }, headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded } })

test.each<[string, string[], string, string | undefined, string]>([
  ['without proxies the header is not believed', [], '203.0.113.9', '1.2.3.4', '203.0.113.9'],
  ['a trusted proxy is asked', ['10.0.0.0/8'], '10.1.2.3', '1.2.3.4', '1.2.3.4'],
  ['what a client wrote before the proxy\'s word does not count', ['10.0.0.0/8'], '10.1.2.3', '9.9.9.9, 1.2.3.4', '1.2.3.4'],
  ['a chain of trusted proxies is followed', ['10.0.0.0/8', '::1'], '::1', '1.2.3.4, 10.0.0.7', '1.2.3.4'],
  ['a malformed header leaves the proxy\'s address', ['10.0.0.0/8'], '10.1.2.3', 'unknown', '10.1.2.3'],
  ['an IPv4 address in IPv6 form is the same one', ['127.0.0.1'], '::ffff:127.0.0.1', '::ffff:1.2.3.4', '1.2.3.4'],
])('[AU52] %s', (_, trusted, peer, forwarded, expected) => {
  expect(from(trusted, peer, forwarded)).toBe(expected)
})

test('[AU53] inline scripts of a page are allowed by their hash, data and files are not', () => {
  const html = '<script>go()</script><script type="module" src="/a.js"></script><script type="application/json">{}</script><script type="module">import "/b.js"</script>'
  expect(inlineScriptHashes(html)).toEqual(['\'sha256-5KYv+PUboo5h+0+YAtGRPbwv5d/QxzHslP4YGnUaxRw=\'', expect.stringMatching(/^'sha256-[A-Za-z0-9+/]{43}='$/)])
})

test('[AU56] the component kit\'s own script is allowed as the installed version writes it', async () => {
  const plugin = await readFile(new URL('../../node_modules/@nuxt/ui/dist/runtime/plugins/colors.js', import.meta.url), 'utf8')
  const [, script = ''] = /innerHTML: "(document\.head[^"]+)"/.exec(plugin) ?? []
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-public-'))
  await writeFile(join(folder, 'index.html'), '<script>go()</script>')
  expect(readPageHashes(folder)).toEqual([...inlineScriptHashes('<script>go()</script>'), ...inlineScriptHashes(`<script>${script}</script>`)])
  await rm(folder, { recursive: true })
})
