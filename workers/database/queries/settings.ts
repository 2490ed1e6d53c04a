import { countAside, nameAside, orAside } from '../aside'
import { listRejected } from '../outbox'
import { draftPrefix, listHeldDrafts, readHeldDraft } from '../drafts'
import { touchesLocal, touchesTable, type Query } from './query'
import { readSetting } from './rows'

export const setting: Query<'setting'> = {
  run: ({ db }, { name }) => ({ value: readHeldDraft(db.driver, name) ?? readSetting(db.driver, name) }),
  touchedBy: (touched, _sources, { name }) =>
    touched.all === true || touched.rows.some((row) => row.table === 'setting' && row.key === name) || (name.startsWith(draftPrefix) && touchesLocal(touched, 'meta')),
}

export const settings: Query<'settings'> = {
  run({ db }, { prefix }) {
    const rows = db.driver.all<{ name: string, value: string }>(
      'select name, value from setting where substr(name, 1, length(?1)) = ?1 and value is not null order by name', [prefix])
    const values = new Map(rows.map(({ name, value }) => [name, value]))
    for (const { name, value } of listHeldDrafts(db.driver)) if (name.startsWith(prefix)) values.set(name, value)
    return [...values].flatMap(([name, text]) => {
      const value = orAside(db.driver, 'setting', name, () => JSON.parse(text) as never, text)
      return value === undefined ? [] : [{ name, value }]
    })
  },
  touchedBy: (touched, _sources, { prefix }) =>
    touched.all === true || touched.rows.some((row) => row.table === 'setting' && row.key.startsWith(prefix))
    || ((draftPrefix.startsWith(prefix) || prefix.startsWith(draftPrefix)) && touchesLocal(touched, 'meta')),
}

export const rejected: Query<'rejected'> = {
  run: ({ db }) => listRejected(db.driver).map(({ n, t, k, code, message }) => ({ n, table: t, key: k, code, message })),
  touchedBy: (touched) => touchesLocal(touched, 'rejected', 'outbox') || touchesTable(touched),
}

/** How many keys are named: more are counted. */
const named = 100

export const aside: Query<'aside'> = {
  run: ({ db }) => ({ count: countAside(db.driver), keys: nameAside(db.driver, named) }),
  // A read may set something aside as well as a write.
  touchedBy: () => true,
}
