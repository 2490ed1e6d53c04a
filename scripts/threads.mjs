// The code of a thread travels within the server's bundle as text: a file beside it would need a place that the build, the development
// server and the tests agree on. `#thread/<path>` is the module at that path, bundled whole, as the source of a script.
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '')
const mark = '#thread/'

/** A plugin for Rollup and Vite alike. Tests read the code from a file: their transform of megabytes of text takes seconds. */
export function threads({ fromFile = false } = {}) {
  return {
    name: 'threads',
    resolveId: (id) => (id.startsWith(mark) ? `\0${id}.mjs` : undefined),
    async load(id) {
      if (!id.startsWith(`\0${mark}`)) return undefined
      const entry = `${root}/${id.slice(mark.length + 1, -'.mjs'.length)}.ts`
      const { outputFiles, metafile } = await build({
        entryPoints: [entry], absWorkingDir: root, alias: { '~': root }, bundle: true, platform: 'node', format: 'cjs', target: 'node20', write: false,
        metafile: true, minifyWhitespace: true, minifySyntax: true, legalComments: 'none', logLevel: 'silent',
      })
      for (const input of Object.keys(metafile.inputs)) this.addWatchFile(`${root}/${input}`)
      const { text } = outputFiles[0]
      return fromFile ? readingModule(text) : `export default ${JSON.stringify(text)}`
    },
  }
}

function readingModule(text) {
  const folder = `${root}/node_modules/.cache/threads`
  const file = `${folder}/${createHash('sha256').update(text).digest('hex')}.cjs`
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, text)
  return `import { readFileSync } from 'node:fs'\nexport default readFileSync(${JSON.stringify(file)}, 'utf8')`
}
