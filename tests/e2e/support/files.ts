import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Each file below a folder as it stands. One that goes away meanwhile is passed over. */
export async function* readFiles(folder: string): AsyncGenerator<[name: string, bytes: Buffer]> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const name = join(entry.parentPath, entry.name)
    const bytes = await readFile(name).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null
      throw error
    })
    if (bytes) yield [name, bytes]
  }
}
