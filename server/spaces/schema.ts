/** A space: `head` is its last sequence number, `floor` the last one dropped from the log, `clock` the highest clock stored ('' for none). */
export interface SpaceTable {
  id: string
  epoch: string
  head: number
  floor: number
  clock: string
  created_at: number
}
