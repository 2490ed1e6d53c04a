import { defineSharePage } from '../../../shares/viewer/http'

/** The page of a share. */
export default defineSharePage()
