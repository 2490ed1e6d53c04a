import { defineShareHandler } from '../../shares/http'

/** `POST /api/share` creates one. */
export default defineShareHandler()
