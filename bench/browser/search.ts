import type { DeviceId } from '~/shared/domain/ids'
import { search } from '~/workers/database/search'
import { measureEach, openReplica } from './replica'

/** Each of these searches in a synced file, ms: ours with titles, places and snippets, and the index alone. */
export async function measureSearch({ file, deviceId, searches }: { file: string, deviceId: DeviceId, searches: string[] }) {
  const { db } = await openReplica(file, deviceId)
  const indexAlone = (text: string) => {
    const match = text.split(' ').map((word) => `"${word}" *`).join(' ')
    db.driver.all('select rowid from search where search match ? order by rank limit 50', [match])
  }
  const at = (i: number) => searches[i] ?? ''
  // The first round reads the file into the cache, as a person's first letters do.
  measureEach(searches.length, (i) => search(db.driver, at(i), 50))
  const ours = measureEach(searches.length, (i) => search(db.driver, at(i), 50))
  const raw = measureEach(searches.length, (i) => indexAlone(at(i)))
  db.close()
  return { ours, raw }
}
