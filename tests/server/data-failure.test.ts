import BetterSqlite3 from 'better-sqlite3'
import { expect, test } from 'vitest'
import { createError, HoldfastException } from '~/shared/errors'
import { isOfData } from '~/server/sql/data-failure'

function failureOf(statement: string): unknown {
  const file = new BetterSqlite3(':memory:')
  file.exec('create table one (name integer not null) strict')
  try {
    file.prepare(statement).all()
    return null
  } catch (error) {
    return error
  } finally {
    file.close()
  }
}
const withCode = (code: string) => Object.assign(new Error('of a database'), { code })

test('[RN218] only a failure of the data itself leaves data out', () => {
  for (const statement of ['insert into one values (null) returning 1', 'insert into one values (\'x\') returning 1', 'select json_extract(\'{\', \'$\')']) {
    expect(isOfData(failureOf(statement))).toBe(true)
  }
  for (const error of [withCode('22P02'), withCode('23505'), new Error('outer', { cause: new SyntaxError('JSON') }), new HoldfastException(createError('payload_too_large', 'long'))]) {
    expect(isOfData(error)).toBe(true)
  }
})

test('[RN218] a bug, a full disk or a broken connection leaves nothing out', () => {
  for (const statement of ['select missing from one', 'select * from nowhere', 'selekt 1']) {
    const error = failureOf(statement)
    expect(error).toMatchObject({ code: 'SQLITE_ERROR' })
    expect(isOfData(error)).toBe(false)
  }
  for (const error of [withCode('SQLITE_FULL'), withCode('SQLITE_BUSY'), withCode('42703'), withCode('53100'), withCode('ECONNRESET'), new TypeError('bug')]) {
    expect(isOfData(error)).toBe(false)
  }
})
