import { defineShareDownload } from '../../../shares/viewer/http'

/** `?format=html|md|json`: a share as a file. */
export default defineShareDownload()
