import { z } from 'zod'
import { isTableName, tables } from '~/shared/sync/tables'
import type { Change } from '~/shared/sync/change'
import { forgetAside, isOfData, listAside, type KeptAside } from './aside'
import type { SqlDriver } from './driver'
import { readClock, readColumns, rowToEntity } from './entities'
import { writeMerged } from './local-write'
import { readMeta, writeMeta } from './meta'
import { inSavepoint } from './savepoint'
import { unlessFull } from './storage-full'

const columnsSchema = z.record(z.string(), z.unknown())

/** Tries each key aside once more, its changes in order; one that fails again stays. Answers how many came back. Joins the caller's transaction. */
export function returnRows(driver: SqlDriver): number {
  return driver.transaction(() => listAside(driver).filter((kept) => comesBack(driver, kept)).length)
}

function comesBack(driver: SqlDriver, kept: KeptAside): boolean {
  try {
    return inSavepoint(driver, () => putBack(driver, kept))
  } catch (cause) {
    if (!isOfData(cause)) throw cause
    return false
  }
}

function putBack(driver: SqlDriver, { table, key, row, changes }: KeptAside): boolean {
  if (isTableName(table)) {
    const stored = driver.get(`select * from ${table} where ${tables[table].key} = ?`, [key])
    // What is kept of its row is the only copy: later changes alone would not give it.
    if (!stored && row !== null) return false
    const entity = stored ? rowToEntity(table, stored) : null
    const again = changes.map(({ h, c }): Pick<Change, 't' | 'k' | 'h' | 'c'> =>
      ({ t: table, k: key, h: readClock(h), c: readColumns(table, columnsSchema.parse(JSON.parse(c))) }))
    writeMerged(driver, again, new Map([[table, new Map(entity ? [[key, entity]] : [])]]))
  } else if (row === null) {
    return false
  } else {
    JSON.parse(row)
  }
  forgetAside(driver, table, key)
  return true
}

/** Tries what is aside again when another build opens the file: that build may be able to read it. */
export function returnAfterUpdate(driver: SqlDriver, build: string): void {
  if (readMeta(driver, 'aside-build') === build) return
  unlessFull(() => driver.transaction(() => {
    returnRows(driver)
    writeMeta(driver, { 'aside-build': build })
  }))
}
