// @vitest-environment happy-dom
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { deletionMark, isListed, localData } from '~/shared/domain/local-data'

const root = join(import.meta.dirname, '../..')
const folders = ['app', 'components', 'composables', 'markdown', 'pages', 'plugins', 'public', 'shared', 'stores', 'workers']
const sources = [...folders.flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file))), 'app.vue', 'error.vue']
  .filter((file) => /\.(?:ts|mjs|js|vue|html)$/.test(file)).map((file) => file.replaceAll('\\', '/'))

/** Without comments, which may speak of what the code does not use. */
const readCode = (file: string) => readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')

/** Who writes where, by what each store is reached through. A new file here means: does the list name what it keeps? */
const doors: [store: string, pattern: RegExp, files: string[]][] = [
  ['localStorage', /\blocalStorage\b(?!:)/, ['stores/kept.ts', 'stores/openrouter.ts', 'stores/settings.ts', 'stores/storedJson.ts']],
  ['sessionStorage', /\bsessionStorage\b(?!:)/, ['composables/openrouterAttempt.ts', 'stores/kept.ts']],
  ['IndexedDB', /\bindexedDB\b(?!:)|\bDexie\b/, ['components/settings/AboutSection.vue', 'workers/blobs/indexed-files.ts', 'workers/blobs/open-files.ts', 'workers/secrets/store.ts']],
  ['files', /\bgetDirectory\(|directory: '/, ['workers/blobs/open-files.ts', 'workers/blobs/opfs-files.ts', 'workers/database/driver-wasm.ts', 'workers/database/storage.ts']],
  ['cookies', /\bdocument\.cookie\b|\bcookieStore\b|\buseCookie\b/, []],
  ['other', /\buse(?:Local|Session)?Storage\(|\bshowSaveFilePicker\b|\bwindow\.name\b|\bstorageBuckets\b/, []],
]

describe('[ST120] what the app keeps in a browser is listed whole', () => {
  test.each(doors)('%s is written by these files alone', (_, pattern, files) => {
    expect(sources.filter((file) => pattern.test(readCode(file)))).toEqual(files)
  })

  test('Cache Storage is opened by the service worker\'s code alone', () => {
    const uses = sources.filter((file) => /\bcaches\.(?:open|put|add)\b/.test(readCode(file)))
    expect(uses.filter((file) => !/^workers\/(?:service-worker\.ts|update\/)/.test(file))).toEqual([])
  })

  test('every key and name in the source is on it', () => {
    const find = (pattern: RegExp) => sources.flatMap((file) => [...readCode(file).matchAll(pattern)].map(([, name]) => name!))
    const keys = find(/\b(?:\w*[kK]ey|flag)\b(?: = |\(|: )(?:\([^)]*\): string => )?['`](\w+:[\w-]*)/g)
    expect(keys).toContain('holdfast:draft')
    expect(keys.filter((key) => !isListed(localData.localStorage, `${key}:`))).toEqual([])
    expect(readCode('workers/secrets/store.ts')).toContain(`name = '${localData.indexedDB[0]}'`)
    expect(find(/(?:indexedName|folderName) = '([^']+)'/g).filter((name) => !isListed([...localData.indexedDB, ...localData.files], name))).toEqual([])
  })
})

describe('a page and a deletion', () => {
  const replace = vi.fn()
  const openPage = async () => {
    vi.resetModules()
    return import('~/stores/kept')
  }
  beforeEach(() => {
    localStorage.clear()
    replace.mockClear()
    vi.spyOn(window.location, 'replace').mockImplementation(replace)
  })

  test('[ST121] deletes what is listed and nothing of others', async () => {
    const page = await openPage()
    page.keep('holdfast:draft:new', 'unsent')
    localStorage.setItem('nuxt-color-mode', 'dark')
    localStorage.setItem('other', 'stays')
    sessionStorage.setItem('holdfast:openrouter-login', '{}')
    await page.deleteKept('first')
    expect({ ...localStorage }).toEqual({ other: 'stays', [deletionMark]: 'first' })
    expect(sessionStorage.length).toBe(0)
  })

  test('[ST122] a tab from before writes nothing back, and leaves; one from after does', async () => {
    const [before, deleting] = [await openPage(), await openPage()]
    before.keep('holdfast:draft:new', 'unsent')
    await deleting.deleteKept('first')
    before.keep('holdfast:draft:new', 'unsent')
    before.keep('holdfast:draft:new', 'unsent too')
    deleting.keep('holdfast:models', '[]')
    expect(Object.keys(localStorage)).toEqual([deletionMark])
    expect(replace.mock.calls).toEqual([['/'], ['/']])
    const after = await openPage()
    after.keep('holdfast:draft:new', 'of the next person')
    expect(localStorage.getItem('holdfast:draft:new')).toBe('of the next person')
  })
})
