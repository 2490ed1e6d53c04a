// @vitest-environment happy-dom
import { beforeEach, describe, expect, test } from 'vitest'
import { beginAttempt, handBack, keepArrival, readArrival, returnAddress, takeArrival, takeAttempt, toChallenge } from '~/composables/openrouterAttempt'

const at = (address: string) => new URL(address)

describe('an attempt to log in', () => {
  beforeEach(() => sessionStorage.clear())

  test('[AU80] the challenge is S256 of the verifier, as in RFC 7636 appendix B', async () => {
    expect(await toChallenge('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM')
  })

  test('[AU80] every attempt has a verifier and a nonce of its own, 32 and 16 random bytes', () => {
    const attempts = [beginAttempt('/'), beginAttempt('/')]
    expect(new Set(attempts.map(({ verifier }) => verifier)).size).toBe(2)
    for (const { verifier, nonce } of attempts) {
      expect(verifier).toMatch(/^[\w-]{43}$/)
      expect(nonce).toMatch(/^[\w-]{22}$/)
    }
  })

  test('[AU81] a verifier is handed out once, to the arrival that carries its nonce', () => {
    const { nonce, verifier } = beginAttempt('/t/one')
    expect(takeAttempt({ code: 'c', nonce })).toMatchObject({ verifier, returnTo: '/t/one' })
    expect(takeAttempt({ code: 'c', nonce })).toBeNull()
  })

  test('[AU81] an arrival with a foreign nonce, without a code, or after ten minutes gets nothing and ends the attempt', () => {
    for (const spoil of ['nonce', 'code', 'age'] as const) {
      const { nonce, ...rest } = beginAttempt('/')
      if (spoil === 'age') sessionStorage.setItem('holdfast:openrouter-login', JSON.stringify({ nonce, ...rest, startedAt: Date.now() - 601_000 }))
      expect(takeAttempt({ code: spoil === 'code' ? null : 'c', nonce: spoil === 'nonce' ? 'other' : nonce }), spoil).toBeNull()
      expect(takeAttempt({ code: 'c', nonce }), spoil).toBeNull()
    }
  })

  test('[AU82] only a page of our own is returned to', () => {
    for (const path of ['https://evil.example', '//evil.example', '/\\evil.example', '/auth/openrouter?code=x', '']) {
      const { nonce } = beginAttempt(path)
      expect(takeAttempt({ code: 'c', nonce })?.returnTo, path).toBe('/settings')
    }
  })

  test('[AU83] the return address is https or localhost, and never 127.0.0.1', () => {
    expect(returnAddress(at('https://chat.example/t/x'), 'n')).toBe('https://chat.example/auth/openrouter?attempt=n')
    expect(returnAddress(at('http://localhost:3000/'), 'n')).toBe('http://localhost:3000/auth/openrouter?attempt=n')
    expect(returnAddress(at('http://127.0.0.1:3000/'), 'n')).toBe('http://localhost:3000/auth/openrouter?attempt=n&from=127.0.0.1')
    expect(returnAddress(at('http://[::1]:3000/'), 'n')).toBe('http://localhost:3000/auth/openrouter?attempt=n&from=%5B%3A%3A1%5D')
    expect(returnAddress(at('http://192.168.1.5:3000/'), 'n')).toBeNull()
  })

  test('[AU83] localhost hands the code back to the loopback number that asked, on the same port, and to no other host', () => {
    const back = (query: string, host = 'localhost:3000', path = '/auth/openrouter') => handBack(at(`http://${host}${path}?${query}`))
    expect(back('attempt=n&from=127.0.0.1&code=c')).toBe('http://127.0.0.1:3000/auth/openrouter?attempt=n&code=c')
    expect(back('attempt=n&from=%5B%3A%3A1%5D&code=c')).toBe('http://[::1]:3000/auth/openrouter?attempt=n&code=c')
    expect(back('attempt=n&code=c')).toBeNull()
    expect(back('attempt=n&code=c&from=evil.example')).toBeNull()
    expect(back('attempt=n&code=c&from=127.0.0.1@evil.example')).toBeNull()
    expect(back('attempt=n&code=c&from=127.0.0.1', '127.0.0.1:3000')).toBeNull()
    expect(back('attempt=n&code=c&from=127.0.0.1', 'localhost:3000', '/t/x')).toBeNull()
  })

  test('[AU81] an arrival is read off its page only, and handed out once', () => {
    expect(readArrival(at('http://localhost:3000/t/x?code=c'))).toBeNull()
    const arrival = readArrival(at('http://localhost:3000/auth/openrouter?attempt=n&code=c'))
    expect(arrival).toEqual({ code: 'c', nonce: 'n' })
    if (arrival) keepArrival(arrival)
    expect(takeArrival()).toEqual(arrival)
    expect(takeArrival()).toBeNull()
  })
})
