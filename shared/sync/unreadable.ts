/** A row, or a change of one, that stands in a database and cannot be read: its data is at fault, not the database. */
export class UnreadableRow extends Error {
  override name = 'UnreadableRow'
}
