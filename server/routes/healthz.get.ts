import { defineJsonHandler } from '~/server/http/answer'

/** Says that the server runs; asks nothing of the database. */
export default defineJsonHandler({ auth: 'none' }, ({ context }) => ({ now: context.now() }))
