import type { CallAnswer, CallRequest } from '../api'
import type { LocalCalls } from '../tabs/tab'
import { addBlob } from './add-blob'
import type { BlobFiles } from './blob-files'

/** The calls on files that the tab's own worker answers: bytes never go from tab to tab. */
export function createBlobCalls(files: BlobFiles): Pick<LocalCalls, 'add-blob' | 'read-blob'> {
  return {
    'add-blob': (request: CallRequest<'add-blob'>): Promise<CallAnswer<'add-blob'>> => addBlob(files, request),
    'read-blob': async ({ part }: CallRequest<'read-blob'>): Promise<CallAnswer<'read-blob'>> => {
      const file = await files.read(part.sha256, part.size)
      // A file's own type follows its name, and these have none.
      return { file: file && file.slice(0, file.size, part.mime) }
    },
  }
}
