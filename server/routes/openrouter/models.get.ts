import { defineJsonHandler } from '~/server/http/answer'

/** The provider's models. Public knowledge: a browser that is not paired may ask, too. */
export default defineJsonHandler({ auth: 'none' }, ({ context }) => context.openrouter.models())
