// node scripts/chaos.mjs --seed 7 --minutes 5: two browsers and a server that are killed, cut off and worked with at random; in the end nothing may be missing.
import { parseArgs } from 'node:util'
import { ensureBrowser } from './browser.mjs'
import { bin, ensureBuilt, ensureInstalled, requireNode, run } from './setup.mjs'

const { values } = parseArgs({ options: { seed: { type: 'string' }, minutes: { type: 'string', default: '5' } } })
requireNode()
ensureInstalled()
ensureBrowser()
ensureBuilt()

process.env.HOLDFAST_SEED = values.seed ?? String(Math.floor(Math.random() * 1e9))
process.env.HOLDFAST_MINUTES = values.minutes
process.env.HOLDFAST_LONG = '1'
console.log(`seed ${process.env.HOLDFAST_SEED}, ${values.minutes} minutes`)
run(bin('playwright'), ['test', 'chaos', 'survival', '--workers=1'])
