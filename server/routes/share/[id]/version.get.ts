import { defineShareVersion } from '../../../shares/viewer/http'

/** What changes when the page would: an open page asks for it, and for the page only then. */
export default defineShareVersion()
