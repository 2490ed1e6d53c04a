// npm run test:hostile: attacks on the built server, from outside. Names of files as arguments run those alone.
import { bin, ensureBuilt, ensureInstalled, ensurePrepared, requireNode, run } from './setup.mjs'

requireNode()
ensureInstalled()
ensurePrepared()
ensureBuilt()
run(bin('vitest'), ['run', '--project', 'hostile', ...process.argv.slice(2)])
