/** A run: one streamed reply. It never holds the key, nor the options that came with it. */
export interface RunTable {
  space: string
  id: string
  /** Empty, as `message`, for a run that was stopped before it was asked for. */
  thread: string
  message: string
  /** The device that asked for it. */
  device: string
  status: string
  /** The process that streams it. */
  owner: string
  /** Number of the last stored event. */
  seq: number
  created_at: number
  /** Committed before the provider is called. */
  started_at: number | null
  heartbeat: number
  ended_at: number | null
  /** JSON; what `run-end` carries. */
  usage: string | null
  error: string | null
}

/** A batch of deltas, each with its own number: `data` is the JSON of `[{ seq, parts }]`, `seq` the last of them. */
export interface RunEventTable {
  space: string
  run: string
  seq: number
  data: string
}
