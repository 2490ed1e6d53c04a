import { defineJsonHandler } from '~/server/http/answer'

/** Says that the server runs; asks nothing of the database. One whose database is known to be damaged answers 503 `database_damaged`: it takes nothing. */
export default defineJsonHandler({ auth: 'none' }, ({ context }) => {
  const damaged = context.damage.known()
  if (damaged) throw damaged
  return { now: context.now() }
})
