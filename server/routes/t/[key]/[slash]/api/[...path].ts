import { defineBasePathHandler } from '../../../../../shares/base-path'

/** The same below a doubled slash. */
export default defineBasePathHandler()
