import { defineBasePathHandler } from '../../../../shares/base-path'

export default defineBasePathHandler()
