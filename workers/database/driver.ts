export type SqlValue = string | number | null | Uint8Array
export type SqlRow = Record<string, SqlValue>

/**
 * What the device's code asks of a database. Everything is synchronous: between two awaits nothing else runs, so a transaction is never
 * interleaved. `full` survives a power cut when it returns; `normal` may lose the last transactions then, never a part of one.
 */
export interface SqlDriver {
  /** Runs statements without parameters. */
  exec(sql: string): void
  /** Rows as the query names them; `T` is the caller's word for what its own SQL selects. */
  all<T = SqlRow>(sql: string, params?: readonly SqlValue[]): T[]
  get<T = SqlRow>(sql: string, params?: readonly SqlValue[]): T | undefined
  run(sql: string, params?: readonly SqlValue[]): void
  /** All or nothing. Within another transaction it joins that one. */
  transaction<T>(work: () => T, options?: { sync?: 'full' | 'normal' }): T
  /** Whether a failure now would be one of a transaction, which must hear of it. */
  inTransaction(): boolean
  /**
   * Puts an image in the place of the file: streams it into a new file, calls `carry` with it (to check it and to copy what must stay),
   * and from then on serves that one. If anything throws, the old file stays as it was.
   */
  replaceWith(image: AsyncIterable<Uint8Array>, carry: (next: SqlDriver) => void): Promise<void>
  /** Moves the write-ahead log into the file: when idle and before pausing. */
  checkpoint(): void
  /** The file's bytes. */
  export(): Uint8Array
  close(): void
}
