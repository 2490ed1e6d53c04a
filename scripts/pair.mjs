// npm run pair: asks the running server, through the file that only its owner can read, for a code that lets a device in.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { root } from './setup.mjs'

const folder = resolve(root, process.env.NUXT_DATA_DIR || '.data')
const notRunning = () => {
  console.error(`No running Holdfast uses ${folder}. Start it first (npm start), and set NUXT_DATA_DIR as the server has it.`)
  process.exit(1)
}

let door
try {
  door = JSON.parse(readFileSync(join(folder, 'pair.json'), 'utf8'))
} catch (error) {
  if (error.code !== 'ENOENT') throw error
  notRunning()
}

const response = await fetch(`http://127.0.0.1:${door.port}/`, { method: 'POST', headers: { authorization: `Bearer ${door.secret}` } }).catch((error) => {
  if (error.cause?.code === 'ECONNREFUSED') notRunning()
  throw error
})
const answer = await response.json()
if (!answer.ok) {
  console.error(answer.error?.message ?? `The server answered ${response.status}.`)
  process.exit(1)
}
if (answer.kind === 'claim') {
  console.log(`Claim code: ${answer.code}\nNobody owns this server yet. Type the code on its first page to become its owner.`)
} else {
  console.log(`Pairing code: ${answer.code}\nType it at /pair on the new device${answer.url ? `, or open ${answer.url}` : ''}.`)
}
if (answer.expiresAt) console.log(`It works once, until ${new Date(answer.expiresAt).toLocaleTimeString()}.`)
