import { expect, test } from 'vitest'
import { createError, errorStatus, type HoldfastError } from '~/shared/errors'
import { ok } from '~/shared/result'
import { createDispatch } from '~/workers/runs/dispatch'
import { createReplica } from '../database/replica'

test.each([
  createError('storage_full', 'the space for rows is used up', undefined, true), createError('database_damaged', 'the database is damaged'),
])('[SY141] a send that the server cannot take ($code) waits however often it is refused, and goes once it is taken', async (error) => {
  const replica = await createReplica()
  const sent = replica.send('a question')
  replica.db.driver.transaction(() => replica.db.driver.run('delete from outbox'))
  let refuses = true
  let asked = 0
  const again: (() => void)[] = []
  const heard: (HoldfastError | null)[] = []
  const dispatch = createDispatch({
    db: replica.db,
    door: {
      async request() {
        asked++
        if (!refuses) return ok({ status: 202, body: {} })
        const { code, message, retryable } = error
        return ok({ status: errorStatus[code], body: { ok: false, error: { code, message, retryable } } })
      },
    },
    isPaired: () => true, readKey: async () => 'a key of the person', onStarted: () => {}, emit: () => {}, random: () => 0.5,
    schedule: (work) => {
      again.push(work)
      return () => {}
    },
    heardOfServer: (said) => void heard.push(said),
  })
  const reply = () => replica.messagesOf(sent.thread).find(({ id }) => id === sent.reply)
  void dispatch.turn()
  for (let time = 1; time <= 30; time++) {
    await expect.poll(() => again.length).toBe(time)
    if (time === 30) refuses = false
    again[time - 1]!()
  }
  await expect.poll(() => heard.at(-1)).toBeNull()
  expect([asked, heard.slice(0, -1).map((said) => said?.code)]).toEqual([31, Array.from({ length: 30 }, () => error.code)])
  expect(reply()).toMatchObject({ status: 'queued' })
})
