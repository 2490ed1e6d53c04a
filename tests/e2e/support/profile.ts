import { mkdtemp, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, expect, type BrowserContext, type Page } from '@playwright/test'
import { findChromium } from '../../../scripts/browser.mjs'
import { readFiles } from './files'

interface ProfileOptions {
  width?: number
  height?: number
  colorScheme?: 'light' | 'dark'
  javaScriptEnabled?: boolean
  /** The browser gives no handles of files, as in some private windows. Without a service worker, so that workers can be told. */
  hasFiles?: boolean
}

/**
 * A person's browser: a Chromium with a profile folder of its own, so that what is on its disk survives a restart. A request to another
 * host than this machine, an uncaught error or a breach of the content security policy fails the test (`problems`).
 */
export class Profile {
  readonly problems: string[] = []
  private readonly said: string[] = []
  private context: BrowserContext | null = null

  private constructor(private readonly folder: string, private readonly origin: string, private readonly options: ProfileOptions) {}

  static async open(origin: string, options: ProfileOptions = {}): Promise<Profile> {
    const profile = new Profile(await mkdtemp(join(tmpdir(), 'holdfast-profile-')), origin, options)
    await profile.launch()
    return profile
  }

  async launch(): Promise<void> {
    const { width = 1280, height = 800, colorScheme = 'light', javaScriptEnabled = true, hasFiles = true } = this.options
    this.context = await chromium.launchPersistentContext(this.folder, {
      executablePath: findChromium(),
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run',
        // A worker that a test answers for counts as come from elsewhere, and could open no socket to this machine.
        ...(hasFiles ? [] : ['--disable-features=LocalNetworkAccessChecks'])],
      viewport: { width, height },
      colorScheme,
      javaScriptEnabled,
      baseURL: this.origin,
      reducedMotion: 'reduce',
      acceptDownloads: true,
      permissions: ['clipboard-read', 'clipboard-write'],
      serviceWorkers: hasFiles ? 'allow' : 'block',
    })
    if (!hasFiles) {
      await this.context.route(/\.worker-[^/]*\.js$/, async (route) => {
        const response = await route.fetch()
        await route.fulfill({ response, body: `FileSystemFileHandle.prototype.createSyncAccessHandle = () => Promise.reject(new DOMException('not here', 'NotAllowedError'));${await response.text()}` })
      })
    }
    this.context.on('request', (request) => {
      const { protocol, hostname } = new URL(request.url())
      if (/^https?:$/.test(protocol) && !['localhost', '127.0.0.1'].includes(hostname)) this.problems.push(`request to ${request.url()}`)
    })
    this.context.on('weberror', (error) => this.problems.push(`uncaught ${error.error().stack ?? String(error.error())}`))
    this.context.on('console', (message) => {
      this.said.push(message.text())
      if (/Content[ -]Security[ -]Policy/i.test(message.text())) this.problems.push(message.text())
    })
  }

  /** The first tab. */
  get page(): Page {
    const page = this.context?.pages()[0]
    if (!page) throw new Error('the browser is closed')
    return page
  }

  get tabs(): Page[] {
    return this.context?.pages() ?? []
  }

  async newTab(path = '/'): Promise<Page> {
    if (!this.context) throw new Error('the browser is closed')
    const page = await this.context.newPage()
    await page.goto(path)
    return page
  }

  /** What a person would see in each tab, and what the console said: for the report of a test that failed. */
  async describe(): Promise<string> {
    const tabs = this.tabs.map(async (page) => `${page.url()}\n${await page.locator('body').ariaSnapshot({ timeout: 5_000 }).catch(String)}`)
    return [...await Promise.all(tabs), ...this.said.slice(-40)].join('\n')
  }

  /** Quits the browser as a person does. */
  async quit(): Promise<void> {
    const context = this.context
    this.context = null
    await context?.close()
  }

  /** Kills every process of the browser at once, as a crash or a dead battery does. */
  async kill(): Promise<void> {
    const context = this.context
    this.context = null
    if (!context) return
    const gone = new Promise((resolve) => context.once('close', resolve))
    // The profile's lock names its browser, which leads a group of all its processes: `<host>-<process id>`.
    const lock = await readlink(join(this.folder, 'SingletonLock'))
    process.kill(-Number(lock.slice(lock.lastIndexOf('-') + 1)), 'SIGKILL')
    await gone
  }

  /** Whatever the browser has written so far, file by file. */
  files(): AsyncGenerator<[name: string, bytes: Buffer]> {
    return readFiles(this.folder)
  }

  /** Ends the profile: nothing unexpected may have happened in it. */
  async remove(): Promise<void> {
    await this.quit()
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 })
    expect(this.problems).toEqual([])
  }
}
