import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { clientMessageSchema } from '~/shared/protocol/client-message'
import { fingerprintAnswerSchema } from '~/shared/protocol/fingerprint'
import { pullAnswerSchema } from '~/shared/protocol/pull'
import { pushBodySchema } from '~/shared/protocol/push'
import { pushAnswerSchema } from '~/shared/protocol/push-ack'
import { runThreadBodySchema } from '~/shared/protocol/run-thread'
import { serverMessageSchema } from '~/shared/protocol/server-message'
import { snapshotEndSchema, snapshotHeadSchema, snapshotRowSchema } from '~/shared/protocol/snapshot'
import { mintAnswerSchema, mintBodySchema } from '~/shared/protocol/spsk'
import { protocolVersion, schemaVersion } from '~/shared/protocol/version'
import { replicaMigrations } from '~/shared/sql/replica'
import { columnsOf, tableNames } from '~/shared/sync/tables'

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16)
const hashSchema = (schema: z.ZodType) => hashOf(JSON.stringify(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })))

/** A device of last month speaks these: what changes here must stay readable for it, or raise `protocolVersion`. */
const wire = {
  client: clientMessageSchema, server: serverMessageSchema, pushBody: pushBodySchema, pushAnswer: pushAnswerSchema, pullAnswer: pullAnswerSchema,
  snapshotHead: snapshotHeadSchema, snapshotRow: snapshotRowSchema, snapshotEnd: snapshotEndSchema, fingerprint: fingerprintAnswerSchema,
  mintBody: mintBodySchema, mintAnswer: mintAnswerSchema, runThread: runThreadBodySchema,
}

describe('the wire', () => {
  it('[SY30] changes only on purpose', () => {
    const hashes = Object.fromEntries(Object.entries(wire).map(([name, schema]) => [name, hashSchema(schema)]))
    expect({ protocolVersion, ...hashes }).toMatchInlineSnapshot(`
      {
        "client": "9fd6098cd2f97405",
        "fingerprint": "152d0e1d45db4e94",
        "mintAnswer": "7bff05c432bb4986",
        "mintBody": "5e7dbcf7c0d06060",
        "protocolVersion": 1,
        "pullAnswer": "4e2946b63ff1cc82",
        "pushAnswer": "def4b3e67fe15449",
        "pushBody": "1fc5de48893b531b",
        "runThread": "b832f641ad1b2bc3",
        "server": "181acae88b30a67c",
        "snapshotEnd": "c2a24768a8093c9d",
        "snapshotHead": "6092e0a0bd569c55",
        "snapshotRow": "2a9de25fe2c4d828",
      }
    `)
  })

  it('[SY30] the synced columns change only on purpose', () => {
    const columns = tableNames.map((table) => [table, Object.entries(columnsOf(table)).map(([name, { kind, schema }]) => [name, kind, hashSchema(schema)])])
    expect({ schemaVersion, columns: hashOf(JSON.stringify(columns)) }).toMatchInlineSnapshot(`
      {
        "columns": "1704cbd2bed8728b",
        "schemaVersion": 1,
      }
    `)
  })

  it('[ST6] a released migration of the replica never changes', () => {
    expect(replicaMigrations.map((migration) => hashOf(migration))).toMatchInlineSnapshot(`
      [
        "ea4cadbdd253070c",
        "9d3b91690e6cf2d7",
      ]
    `)
  })
})
