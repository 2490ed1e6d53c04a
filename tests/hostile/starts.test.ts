import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freePort } from '../e2e/support/app'

const entry = fileURLToPath(new URL('../../.output/server/index.mjs', import.meta.url))
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-starts-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** The built server, until it ends or listens. `npm start` runs it in its own process, and so ends as it does. */
async function start(env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [entry], {
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: String(await freePort()), NUXT_DATA_DIR: folder, NUXT_LOG_LEVEL: 'silent', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const listening = new Promise<'listening'>((resolve) => {
    child.stdout.on('data', (data: Buffer) => {
      out += data.toString()
      if (out.includes('Listening on')) resolve('listening')
    })
  })
  child.stderr.on('data', (data: Buffer) => { err += data.toString() })
  const how = await Promise.race([ended, listening])
  return { how, out: () => out, err: () => err, child, ended }
}

/** One line, exit 1, and no word of listening. */
async function refusal(env: Record<string, string> = {}): Promise<string> {
  const { how, out, err, child, ended } = await start(env)
  if (how === 'listening') {
    child.kill('SIGKILL')
    await ended
  }
  expect({ how, listens: out().includes('Listening') }).toEqual({ how: 1, listens: false })
  expect(err().trim().split('\n')).toHaveLength(1)
  return err().trim()
}

test('[ST138] a port in use is a sentence and exit 1', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as { port: number }
  expect(await refusal({ PORT: String(port) })).toBe(`Cannot listen on port ${port} of 127.0.0.1: another program uses it. Stop that one, or set PORT to a free port.`)
  other.close()
  await once(other, 'close')
})

test('[ST138] a host that this machine does not have, or nobody knows, is a sentence and exit 1', async () => {
  expect(await refusal({ HOST: '192.0.2.1' })).toContain('this machine has no such address. Set HOST to one it has')
  expect(await refusal({ HOST: 'no-such-host.invalid' })).toContain('no-such-host.invalid is an unknown host. Set HOST to an address of this machine')
})

test('[ST138] a file in the folder\'s place, a foreign database, a damaged lock: a sentence and exit 1', async () => {
  await writeFile(join(folder, 'file'), '')
  expect(await refusal({ NUXT_DATA_DIR: join(folder, 'file') })).toContain('it is a file, or lies below one')
  await writeFile(join(folder, 'holdfast.sqlite'), 'a letter')
  expect(await refusal()).toContain('is not a SQLite database')
  await rm(join(folder, 'holdfast.sqlite'))
  await writeFile(join(folder, 'holdfast.lock'), 'x'.repeat(5_000))
  expect(await refusal()).toContain('is damaged. There is nothing in it')
})

test('[ST138] a second server on the folder is told of the first, and the first goes on', async () => {
  const first = await start()
  expect(first.how).toBe('listening')
  expect(await refusal()).toBe(`Another Holdfast is running on ${folder}. Stop it, or name another folder with NUXT_DATA_DIR.`)
  first.child.kill('SIGTERM')
  expect(await first.ended).toBe(0)
})

test('[ST134] a folder that others could read holds nothing that they can, after a start', async () => {
  await chmod(folder, 0o755)
  const server = await start()
  expect(server.how).toBe('listening')
  const open = (mode: number) => mode & 0o077
  for (const name of ['.', ...await readdir(folder)]) expect([name, open((await stat(join(folder, name))).mode)]).toEqual([name, 0])
  server.child.kill('SIGTERM')
  await server.ended
})

const canMount = process.platform === 'linux' && process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0
test.skipIf(!canMount)('[ST139] a full disk at the first start is called that, whichever file finds it full', async () => {
  for (const kilobytes of [0, 4, 8, 64]) {
    const disk = join(folder, `disk-${kilobytes}`)
    await mkdir(disk)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk])
    try {
      // dd ends by finding no more room.
      spawnSync('dd', ['if=/dev/zero', `of=${join(disk, 'filler')}`, 'bs=1k', `count=${1024 - kilobytes}`])
      expect(await refusal({ NUXT_DATA_DIR: join(disk, 'data') })).toMatch(/^The disk that holds .* is full\. Make some room and start again\.$/)
    } finally {
      execFileSync('umount', [disk])
    }
  }
})
