import { mintBodySchema } from '~/shared/protocol/spsk'
import { defineJsonHandler } from '~/server/http/answer'
import { authenticateRequest, readBearer } from '~/server/http/authenticate'
import { mayClaimWithoutCode } from '~/server/tokens/claim'
import { mint } from '~/server/tokens/mint'

/** A token for a device: see server/tokens/mint.ts for who gets one. */
export default defineJsonHandler({ auth: 'none', body: mintBodySchema }, async ({ event, body, context }) => {
  const request = event.node.req
  const byCode = body.pairingCode !== undefined || body.claimCode !== undefined
  const identity = !byCode && readBearer(event) !== null ? await authenticateRequest(event, context) : null
  const mayClaim = mayClaimWithoutCode({ request, config: context.config, uptimeMs: context.now() - context.startedAt })
  return mint(context, body, { identity, address: context.clientAddress(request), mayClaim })
})
