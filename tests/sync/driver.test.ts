import { describe, expect, it } from 'vitest'
import { createMemoryDriver } from '~/workers/database/driver-wasm'

async function* inPieces(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size)
}

async function filled(...values: string[]) {
  const driver = await createMemoryDriver()
  driver.exec('create table note (text text) strict')
  for (const value of values) driver.run('insert into note values (?)', [value])
  return driver
}
const notes = (driver: Awaited<ReturnType<typeof createMemoryDriver>>) => driver.all<{ text: string }>('select text from note').map(({ text }) => text)

describe('the driver', () => {
  it('[ST7] a transaction is all or nothing, and one inside another joins it', async () => {
    const driver = await filled()
    expect(() => driver.transaction(() => {
      driver.run('insert into note values (?)', ['outer'])
      driver.transaction(() => driver.run('insert into note values (?)', ['inner']))
      throw new Error('no')
    })).toThrow('no')
    expect(notes(driver)).toEqual([])
    expect(driver.transaction(() => (driver.run('insert into note values (?)', ['kept']), 7), { sync: 'normal' })).toBe(7)
    expect(notes(driver)).toEqual(['kept'])
  })

  it('[ST7] a query that fails leaves the statement usable', async () => {
    const driver = await filled('a')
    driver.exec('create unique index one on note (text)')
    const insert = () => driver.run('insert into note values (?)', ['a'])
    expect(insert).toThrow(/UNIQUE/)
    driver.run('delete from note')
    insert()
    expect(notes(driver)).toEqual(['a'])
  })

  it('[ST7] more statements than are kept prepared work as well', async () => {
    const driver = await filled()
    for (let i = 0; i < 500; i++) expect(driver.get<{ i: number }>(`select ${i} as i`)).toEqual({ i })
    expect(driver.get('select 1 as one where 0')).toBeUndefined()
  })

  it('[ST8] an image takes the place of the file once it has been checked', async () => {
    const driver = await filled('old')
    const image = (await filled('new')).export()
    await driver.replaceWith(inPieces(image, 1_000), (next) => next.run('insert into note values (?)', [notes(driver)[0] ?? '']))
    expect(notes(driver)).toEqual(['new', 'old'])
  })

  it('[ST8] an image that is refused, or that breaks off, leaves the file as it was', async () => {
    const driver = await filled('old')
    const image = (await filled('new')).export()
    await expect(driver.replaceWith(inPieces(image, 1_000), () => {
      throw new Error('refused')
    })).rejects.toThrow('refused')
    async function* broken() {
      yield image.slice(0, 1_000)
      throw new Error('cut')
    }
    await expect(driver.replaceWith(broken(), () => {})).rejects.toThrow('cut')
    driver.run('insert into note values (?)', ['more'])
    expect(notes(driver)).toEqual(['old', 'more'])
  })
})
