import { expect, test } from 'vitest'
import { chooseBrowser } from '../../scripts/browser.mjs'

const debian = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n'
const ubuntu = 'ID=ubuntu\nID_LIKE=debian\n'
const bare = { env: { PATH: '/usr/local/bin:/usr/bin' }, exists: () => false, osRelease: '', uid: 1000 }
const kinds = (machine: Partial<typeof bare>) => chooseBrowser({ ...bare, ...machine }).map(({ kind }) => kind)

test('[UI90] the tests take the browser that is named, then one on the path, then Debian’s package, then Playwright’s', () => {
  const exists = (path: string) => path === '/usr/bin/chromium'
  expect(chooseBrowser({ ...bare, exists, env: { ...bare.env, CHROMIUM: '/opt/chrome' } })).toEqual([{ kind: 'path', path: '/opt/chrome' }])
  expect(chooseBrowser({ ...bare, exists })).toEqual([{ kind: 'path', path: '/usr/bin/chromium' }])
  expect(kinds({ osRelease: debian, uid: 0 })).toEqual(['apt', 'playwright'])
})

test('[UI90] without rights, or on another system, the tests ask Playwright alone', () => {
  expect(kinds({ osRelease: debian })).toEqual(['playwright'])
  expect(kinds({ osRelease: ubuntu, uid: 0 })).toEqual(['playwright'])
  expect(kinds({})).toEqual(['playwright'])
})
