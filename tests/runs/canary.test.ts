import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLog } from '~/server/log'
import { Lab, newId, readRunEvents } from './support'

const marks = ['sk-or-v1-canary0canary0canary0canary0canary0canary0canary0canary0canary00', 'sk-or-v1.canary=with/other+characters']

let lab: Lab
let logged = ''
beforeAll(async () => { lab = await Lab.open({}, { log: createLog({ logLevel: 'trace' }, { write: (line) => { logged += line } }) }) })
afterAll(() => lab.close())

/** Everything below the data folder, as it stands: database, write-ahead log, blobs. */
async function written(folder = lab.server.context.config.dataDir): Promise<Buffer> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  return Buffer.concat(await Promise.all(files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name)))))
}

describe.each(marks)('the key %s', (mark) => {
  it.each([
    'fake/echo', 'fake/reasoning', 'fake/image', 'fake/midstream-error', 'fake/cut', 'fake/redirect', 'fake/status-401', 'fake/status-500?message=key%20was', 'fake/first-frame-error', 'nope/nope',
    'fake/leak', 'fake/leak?where=error', 'fake/leak?where=annotation', 'fake/leak?where=tool',
  ])('[RN160] is in no file the server wrote, no log line and no answer, after a run with %s', async (model) => {
    const send = await lab.ask(newId())
    const response = await lab.post(send, { model, openrouterApiKey: mark }, { accept: 'text/event-stream' })
    const followed = await readRunEvents(response)
    expect(followed.end).not.toBeNull()
    expect(lab.fake.calls().at(-1)?.headers.authorization).toBe(`Bearer ${mark}`)
    expect(JSON.stringify(followed)).not.toContain(mark)
    expect((await written()).includes(mark)).toBe(false)
    expect(logged).not.toContain(mark)
  })

  it('[RN160] is in none after requests that are refused, and a look at its limits', async () => {
    const send = await lab.ask(newId())
    const answers = [
      await lab.post(send, { model: 7, openrouterApiKey: mark }),
      await lab.post({ ...send, thread: newId() }, { model: 'fake/echo', openrouterApiKey: mark }),
      await lab.post(send, { model: 'fake/echo', openrouterApiKey: `${mark}\n` }),
      await lab.request('/openrouter/key', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ key: mark }) }),
    ]
    for (const answer of answers) expect(await answer.text()).not.toContain(mark)
    expect((await written()).includes(mark)).toBe(false)
    expect(logged).not.toContain(mark)
  })
})

it('[RN160] would be found: the question itself is in the files', async () => {
  const text = `a question named ${newId()}`
  await lab.ask(text)
  expect((await written()).includes(text)).toBe(true)
})
