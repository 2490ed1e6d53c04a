import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startServer, type TestServer } from '../server/harness'
import { createPostgres, hasPostgres, postgresName } from './postgres'
import { Lab, newId } from './support'

describe.skipIf(!hasPostgres)(`two servers on one database: ${postgresName}`, () => {
  let database: Awaited<ReturnType<typeof createPostgres>>
  let lab: Lab
  let second: TestServer
  let ahead = 0

  beforeAll(async () => {
    database = await createPostgres()
    lab = await Lab.open({ databaseUrl: database.url }, { sharesDatabase: true })
    second = await startServer({ databaseUrl: database.url, openrouterApiUrl: lab.fake.apiUrl }, { now: () => Date.now() + ahead, sharesDatabase: true })
  })
  afterAll(async () => {
    await second.close()
    await lab.close()
    await database.drop()
  })

  const words = () => `${newId()} one two three four five`
  const paused = async (text: string) => {
    const send = await lab.ask(text)
    await lab.post(send, { model: 'fake/echo?pauseAt=3' })
    await lab.fake.reached({ text, chunks: 3 })
    return send
  }

  it('[RN103] the same run asked for on both calls the provider once', async () => {
    const text = words()
    const send = await lab.ask(text)
    const first = lab.server
    const answers = [lab.post(send, { model: 'fake/echo' })]
    lab.server = second
    answers.push(lab.post(send, { model: 'fake/echo' }))
    lab.server = first
    expect((await Promise.all(answers)).map((answer) => answer.status)).toEqual([202, 202])
    await lab.fake.reached({ text, finished: true })
    expect(lab.fake.calls({ text })).toHaveLength(1)
  })

  it('[RN182] a run whose server is silent for 30 s ends as interrupted, and its late end changes nothing', async () => {
    const text = words()
    const send = await paused(text)
    await second.context.runs.reap('silent')
    expect((await lab.reply(send.message)).status).toBe('streaming')
    ahead = 31_000
    await second.context.runs.reap('silent')
    ahead = 0
    expect((await lab.reply(send.message)).status).toBe('interrupted')
    const ended = await lab.changes(send.message)
    lab.fake.release({ text })
    expect((await lab.follow(send.run)).end?.status).toBe('interrupted')
    expect(await lab.changes(send.message)).toEqual(ended)
  })

  it('[RN177] a stop on the other server ends the run', async () => {
    const text = words()
    const send = await paused(text)
    const answer = await second.context.runs.stop({ space: lab.space, device: lab.device, run: send.run })
    expect(answer.status).toBe('stopped')
    expect((await lab.reply(send.message)).status).toBe('stopped')
    lab.fake.release({ text })
    expect((await lab.follow(send.run)).end?.status).toBe('stopped')
  })
})
