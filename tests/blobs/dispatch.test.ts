import { expect, test } from 'vitest'
import { createError, type HoldfastError } from '~/shared/errors'
import { createDispatch } from '~/workers/runs/dispatch'
import { createReplica } from '../database/replica'

/** A queued send whose rows are acknowledged, before a server that takes every run. */
async function queueSend(files: { up: boolean | HoldfastError }) {
  const replica = await createReplica()
  const sent = replica.send('look at this')
  replica.db.driver.transaction(() => replica.db.driver.run('delete from outbox'))
  const asked: string[] = []
  const told: string[] = []
  const dispatch = createDispatch({
    db: replica.db,
    door: {
      async request(_method, path) {
        asked.push(path)
        return { ok: true, value: { status: 202, body: {} } }
      },
    },
    isPaired: () => true, readKey: async () => 'a key of the person', filesAreUp: () => files.up, onStarted: () => {}, random: () => 0.5, schedule: () => () => {},
    emit: (name, payload) => void (name === 'send-blocked' && 'error' in payload && payload.error && told.push(payload.error.code)),
  })
  return { dispatch, asked, told, replyOf: () => replica.messagesOf(sent.thread).find(({ id }) => id === sent.reply) }
}

test('[BL22] a send waits until its files are with the server, and then goes once', async () => {
  const files = { up: false }
  const { dispatch, asked } = await queueSend(files)
  await dispatch.turn()
  expect(asked).toEqual([])
  files.up = true
  await dispatch.turn()
  await dispatch.turn()
  expect(asked).toEqual(['/run_thread'])
})

test('[BL22] a send whose file the server turned down ends with that error and asks nobody', async () => {
  const { dispatch, asked, told, replyOf } = await queueSend({ up: createError('unsupported_media_type', 'The server does not take the file a.svg.') })
  await dispatch.turn()
  expect([asked, told]).toEqual([[], ['unsupported_media_type']])
  expect(replyOf()).toMatchObject({ status: 'error', error: { code: 'unsupported_media_type', message: 'The server does not take the file a.svg.' } })
})
