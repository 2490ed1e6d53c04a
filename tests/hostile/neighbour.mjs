// A thread that asks the server whether it is well, one time after another, until it is told to stop: what it measures is not what its own
// process does meanwhile. Posts that it is ready, then how long each answer took in ms.
import { Agent, get } from 'node:http'
import { parentPort, workerData } from 'node:worker_threads'

const { url, least } = workerData
const agent = new Agent({ keepAlive: true, maxSockets: 1 })

/** @returns {Promise<number>} */
const ask = () => new Promise((resolve, reject) => {
  const started = performance.now()
  get(`${url}/healthz`, { agent }, (answer) => {
    answer.resume().on('end', () => (answer.statusCode === 200 ? resolve(performance.now() - started) : reject(new Error(`/healthz answered ${answer.statusCode}`))))
  }).on('error', reject)
})

let isOver = false
parentPort?.once('message', () => { isOver = true })
for (let i = 0; i < 50; i++) await ask()
parentPort?.postMessage('ready')
const took = []
while (!isOver || took.length < least) took.push(await ask())
agent.destroy()
parentPort?.postMessage(took)
