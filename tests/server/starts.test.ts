import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseConfig } from '~/server/config'
import { createContext } from '~/server/context'
import { StartFailure } from '~/server/host/start-failure'
import { createLog } from '~/server/log'

let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'holdfast-starts-'))
})
afterEach(() => rm(dataDir, { recursive: true, force: true }))

const lines: string[] = []
const log = createLog({ logLevel: 'info' }, { write: (line) => void lines.push(line) })
const open = (folder = dataDir) => createContext(parseConfig({ NUXT_DATA_DIR: folder }), { log })
const path = (name: string) => join(dataDir, name)
/** A server that was there, with rows over some pages. */
async function leaveServer() {
  const context = await open()
  const space = await context.spaces.create(context.database)
  for (let index = 0; index < 40; index++) {
    await context.sync.transaction(space, (trx) => context.sync.writeServerChanges(trx, space, [{ t: 'setting', k: `filler-${index}`, c: { value: 'word '.repeat(2_000) } }]))
  }
  await context.close()
}
/** Why the start was refused; it names the thing, and fits a sentence or two. */
async function refusal(folder = dataDir): Promise<string> {
  const error: unknown = await open(folder).then((context) => context.close(), (reason: unknown) => reason)
  expect(error).toBeInstanceOf(StartFailure)
  return (error as StartFailure).message
}

test('[ST130] a file in the folder\'s place, or above it, is named', async () => {
  await writeFile(path('file'), '')
  expect(await refusal(path('file'))).toBe(`${path('file')} cannot be the data folder: it is a file, or lies below one. Name a folder with NUXT_DATA_DIR.`)
  expect(await refusal(path('file/data'))).toContain('it is a file, or lies below one')
})

test('[ST130] a folder that cannot be made or written to is named', async () => {
  // Not even root makes a folder there.
  expect(await refusal('/proc/holdfast-data')).toMatch(/^The data folder \/proc\/holdfast-data cannot be made \(\w+\)\. Name a folder/)
})

test('[ST131] a database that is none of SQLite\'s, is cut, or is another program\'s is named and left as it is', async () => {
  await writeFile(path('holdfast.sqlite'), 'this is a letter, not a database')
  expect(await refusal()).toContain(`${path('holdfast.sqlite')} is not a SQLite database`)
  expect(await readFile(path('holdfast.sqlite'), 'utf8')).toBe('this is a letter, not a database')

  await rm(path('holdfast.sqlite'))
  const other = new BetterSqlite3(path('holdfast.sqlite'))
  other.exec('create table bookmark (url text)')
  other.close()
  const before = await readFile(path('holdfast.sqlite'))
  await chmod(path('holdfast.sqlite'), 0o644)
  expect(await refusal()).toContain(`${path('holdfast.sqlite')} is the database of another program`)
  // Nor are its rights touched: its other users go on reading it.
  if (process.platform !== 'win32') expect((await stat(path('holdfast.sqlite'))).mode & 0o777).toBe(0o644)
  expect(await readFile(path('holdfast.sqlite'))).toEqual(before)

  await rm(path('holdfast.sqlite'))
  await leaveServer()
  await truncate(path('holdfast.sqlite'), 20_000)
  expect(await refusal()).toMatch(/The database .* is damaged\. Export everything on a device /)
})

test('[ST131] a database of a newer build is left alone', async () => {
  await leaveServer()
  const file = new BetterSqlite3(path('holdfast.sqlite'))
  file.exec('insert into migration (name, at) values (\'9999-future\', 0)')
  file.close()
  expect(await refusal()).toContain('was written by a newer Holdfast (9999-future); start that version')
})

test('[ST132] a damaged lock is named; one that a dead server left is not in the way', async () => {
  await leaveServer()
  await writeFile(path('holdfast.lock'), 'x'.repeat(5_000))
  expect(await refusal()).toBe(`The lock ${path('holdfast.lock')} is damaged. There is nothing in it: when no Holdfast runs on the folder, delete it and start again.`)
  await rm(path('holdfast.lock'))
  await mkdir(path('holdfast.lock'))
  expect(await refusal()).toMatch(/The lock .* cannot be opened/)
  await rm(path('holdfast.lock'), { recursive: true })
  await writeFile(path('holdfast.lock'), '')
  await (await open()).close()
})

test('[ST133] an empty or missing database beside attachments, or beside its last writes, does not become a new server', async () => {
  await leaveServer()
  await mkdir(path('blobs/objects/ab'), { recursive: true })
  await writeFile(path('blobs/objects/ab/abcdef'), 'a picture')
  await rename(path('holdfast.sqlite'), path('elsewhere'))
  expect(await refusal()).toContain(`${path('holdfast.sqlite')} is missing, but ${path('blobs')} holds attachments of a server that was`)
  await writeFile(path('holdfast.sqlite'), '')
  expect(await refusal()).toContain(`${path('holdfast.sqlite')} is empty, but`)
  expect(await readdir(path('blobs/objects/ab'))).toEqual(['abcdef'])

  await rename(path('blobs'), path('blobs-before'))
  await writeFile(`${path('holdfast.sqlite')}-wal`, 'writes')
  expect(await refusal()).toContain('-wal holds its last writes')
  await rm(`${path('holdfast.sqlite')}-wal`)

  const fresh = await open()
  expect(await fresh.spaces.first()).toBeNull()
  await fresh.close()
  await rename(path('blobs-before'), path('blobs'))
  expect(await refusal()).toContain('The database is that of a new server, but')
  await rename(path('elsewhere'), path('holdfast.sqlite'))
  await (await open()).close()
})

test.skipIf(process.platform === 'win32')('[ST134] what others could read in a folder that was there before is theirs no more, and foreign files stay as they are', async () => {
  await leaveServer()
  await mkdir(path('blobs'), { recursive: true })
  await writeFile(path('notes.txt'), 'not ours')
  for (const name of ['holdfast.sqlite', 'holdfast.lock', 'notes.txt']) await chmod(path(name), 0o644)
  await chmod(path('blobs'), 0o755)
  await chmod(dataDir, 0o755)
  lines.splice(0)
  const context = await open()
  const mode = async (name: string) => ((await stat(path(name))).mode & 0o777).toString(8)
  for (const name of ['holdfast.sqlite', 'holdfast.sqlite-wal', 'holdfast.sqlite-shm', 'holdfast.lock']) expect([name, await mode(name)]).toEqual([name, '600'])
  expect([await mode('blobs'), await mode('notes.txt'), await mode('.')]).toEqual(['700', '644', '755'])
  await context.close()
  await rm(path('notes.txt'))
  // What was made of a share for its readers, when a server was killed.
  await mkdir(path('answers'))
  await (await open()).close()
  expect(await mode('.')).toBe('700')
  expect(lines.filter((line) => line.includes('others could reach') && line.includes(JSON.stringify(path('holdfast.sqlite'))))).toHaveLength(1)
})
