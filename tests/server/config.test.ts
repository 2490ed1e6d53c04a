import { expect, test } from 'vitest'
import { ConfigError, parseConfig } from '~/server/config'

test('[AU62] without any variable the server listens on this machine only and stores in .data', () => {
  expect(parseConfig({})).toMatchObject({
    host: '127.0.0.1', port: 3000, databaseUrl: null, publicUrl: null, signup: 'claim', openrouterApiUrl: 'https://openrouter.ai/api/v1', spskTtlDays: 30, trustedProxies: [],
    shareAnonymous: 'loopback', openrouterExchange: true,
  })
  expect(parseConfig({}).dataDir).toMatch(/^\/.*\.data$|^[A-Z]:\\.*\.data$/)
})

test.each([
  ['PORT', 'http'], ['PORT', '70000'], ['NUXT_DATABASE_URL', 'mysql://localhost/x'], ['NUXT_PUBLIC_URL', 'chat.example.org'], ['NUXT_SIGNUP', 'maybe'], ['NUXT_CLAIM_CODE', 'short'],
  ['NUXT_OPENROUTER_API_URL', 'http://openrouter.ai/api/v1'], ['NUXT_OPENROUTER_AUTH_URL', 'ftp://x'], ['NUXT_OPENROUTER_EXCHANGE', 'yes'], ['NUXT_SPSK_TTL_DAYS', 'never'],
  ['NUXT_TRUSTED_PROXIES', '10.0.0.0/40'], ['NUXT_TRUSTED_PROXIES', 'proxy.local'], ['NUXT_SHARE_ANONYMOUS', 'true'], ['NUXT_BLOB_MAX_BYTES', '1e6'], ['NUXT_BLOB_SPACE_BYTES', '20 GB'], ['NUXT_SPACE_MAX_BYTES', '2 GB'], ['NUXT_SEND_TIMEOUT_SECONDS', 'soon'], ['NUXT_LOG_LEVEL', 'loud'], ['HOST', 'a b'],
])('[AU63] %s=%s stops the start with its name and what is expected, without the value', (name, value) => {
  const start = () => parseConfig({ [name]: value })
  expect(start).toThrow(ConfigError)
  expect(start).toThrow(new RegExp(`${name}: expected \\S+`))
  expect(start).not.toThrow(value)
})

test('[AU64] every wrong variable is named at once', () => {
  expect(() => parseConfig({ PORT: 'x', NUXT_SIGNUP: 'x' })).toThrow(/PORT[\s\S]*NUXT_SIGNUP/)
})

test.each(['--------', '- - - - -', 'abc-def', '   abcdefg   ', 'x'.repeat(65)])('[AU126] the claim code %j is refused at the start', (value) => {
  expect(() => parseConfig({ NUXT_CLAIM_CODE: value })).toThrow('NUXT_CLAIM_CODE: expected 8 to 64 characters, spaces and dashes not counted')
})

test('[AU126] a claim code may be written in groups', () => {
  expect(parseConfig({ NUXT_CLAIM_CODE: 'abcd-efgh' }).claimCode).toBe('abcd-efgh')
})

test('[AU65] http to the provider is taken on this machine, and addresses lose their last slash', () => {
  expect(parseConfig({ NUXT_OPENROUTER_API_URL: 'http://127.0.0.1:9/api/v1/' }).openrouterApiUrl).toBe('http://127.0.0.1:9/api/v1')
  expect(parseConfig({ NUXT_PUBLIC_URL: 'https://chat.example.org/' }).publicUrl).toBe('https://chat.example.org')
})
