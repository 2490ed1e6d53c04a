import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { createLog } from '~/server/log'
import type { OpenShare } from '~/server/shares/read'
import type { ShareRow } from '~/server/shares/store'
import { createRenderer } from '~/server/shares/viewer/renderer'

/** A share whose file comes in many pieces. */
function longShare(id: string): OpenShare {
  const share = { id, kind: 'session', title: id, created_at: 1, updated_at: 1, syncs: 1, options: null } as ShareRow
  const numbers = Array.from({ length: 40 }, (_, index) => index)
  const items = numbers.flatMap((number) => [
    { key: `message/${number}`, type: 'message', data: JSON.stringify({ id: `msg_${number}`, role: 'user', time: { created: number } }) },
    { key: `part/${number}`, type: 'part', data: JSON.stringify({ messageID: `msg_${number}`, type: 'text', text: `${number} ${'words '.repeat(20_000)}` }) },
  ])
  return { share, list: [], read: async function* () { yield items } }
}

test('[SH55] a file that its reader gives up, begun or not, holds no other file up', async () => {
  // Nothing here waits for the time of a file to pass.
  const renderer = createRenderer({ log: createLog({ logLevel: 'silent' }), quotas: { pageMs: 600_000, fileMs: 600_000 } })
  const begun = renderer.file(longShare('begun'), { kind: 'md' })
  const waiting = renderer.file(longShare('waiting'), { kind: 'md' })
  await once(begun, 'readable')
  begun.destroy()
  waiting.destroy()
  expect(await text(renderer.file(longShare('read'), { kind: 'md' }))).toContain('39 words')
  await renderer.close()
})
