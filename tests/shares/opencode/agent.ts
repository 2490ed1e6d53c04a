import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface AgentChoice {
  binary: string
  /** Where it shares to. */
  shareUrl: string
  providerUrl: string
}

/** What the agent is told: one fake provider, sharing by hand, nothing that reaches for the network. */
const config = ({ shareUrl, providerUrl }: AgentChoice): string => JSON.stringify({
  share: 'manual', enterprise: { url: shareUrl }, autoupdate: false, snapshot: true, model: 'fake/fake-model', small_model: 'fake/fake-model',
  enabled_providers: ['fake'], formatter: false, lsp: false, permission: { edit: 'ask', bash: 'ask' },
  provider: {
    fake: {
      npm: '@ai-sdk/openai-compatible', name: 'Fake Provider', options: { baseURL: providerUrl, apiKey: 'sk-fake' },
      models: { 'fake-model': { name: 'Fake Model', tool_call: true, limit: { context: 128_000, output: 8_192 }, cost: { input: 1, output: 2 } } },
    },
  },
})

/** A home of its own, so that nothing of the person who runs the tests is read or written, and nothing is downloaded. */
async function createHome(choice: AgentChoice): Promise<{ folder: string, project: string, env: NodeJS.ProcessEnv }> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-agent-'))
  const project = join(folder, 'project')
  await mkdir(project)
  const git = (...args: string[]) => run('git', ['-C', project, '-c', 'user.name=Tester', '-c', 'user.email=tester@example.org', ...args])
  await git('init', '--quiet')
  await writeFile(join(project, 'README.md'), '# A project\n')
  await git('add', '.')
  await git('commit', '--quiet', '-m', 'begin')
  const within = (name: string) => join(folder, name)
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH, HOME: folder, TMPDIR: folder, OPENCODE_TEST_HOME: folder,
    XDG_DATA_HOME: within('data'), XDG_CONFIG_HOME: within('config'), XDG_STATE_HOME: within('state'), XDG_CACHE_HOME: within('cache'),
    OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1', OPENCODE_DISABLE_LSP_DOWNLOAD: '1', OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
    OPENCODE_DISABLE_CLAUDE_CODE: '1', OPENCODE_DISABLE_EXTERNAL_SKILLS: '1', OPENCODE_PURE: '1', npm_config_offline: 'true',
    OPENCODE_CONFIG_CONTENT: config(choice),
  }
  return { folder, project, env }
}

/** The real agent, serving its own API on this machine. */
export async function startAgent(choice: AgentChoice) {
  const { folder, project, env } = await createHome(choice)
  const child = spawn(choice.binary, ['serve', '--hostname', '127.0.0.1', '--port', '0'], { cwd: project, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const url = await new Promise<string>((resolve, reject) => {
    const read = (data: Buffer) => {
      output += data.toString()
      const [, address] = /listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(output) ?? []
      if (address) resolve(address)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('exit', () => reject(new Error(`the agent ended at its start:\n${output}`)))
  })
  return {
    async call<T>(method: string, path: string, body?: object): Promise<{ status: number, body: T }> {
      const response = await fetch(`${url}${path}?directory=${encodeURIComponent(project)}`, {
        method, ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
      })
      const text = await response.text()
      return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as T }
    },
    async stop(): Promise<void> {
      const ended = child.exitCode === null ? once(child, 'exit') : null
      child.kill('SIGTERM')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}
export type Agent = Awaited<ReturnType<typeof startAgent>>

/** `opencode import <url>` on another machine: a home that knows nothing. Answers what it printed, and the titles it then has. */
export async function importShare(choice: AgentChoice, url: string): Promise<{ printed: string, sessions: string }> {
  const { folder, project, env } = await createHome(choice)
  try {
    const { stdout: printed } = await run(choice.binary, ['import', url], { cwd: project, env })
    const { stdout: sessions } = await run(choice.binary, ['session', 'list'], { cwd: project, env })
    return { printed, sessions }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
