import { defineShareHandler } from '../../shares/http'

/** `/api/share/:id`, `/api/share/:id/sync`, `/api/share/:id/data`. */
export default defineShareHandler()
