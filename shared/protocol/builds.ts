/**
 * How windows and service workers of one origin ask each other which build they are. Both ends may be of any two builds, so the names
 * stand for good. There is no schema library here: the service worker is read by every visitor before anything else is kept.
 */
export const buildMessages = {
  /** Asks for the build; the answer comes on the port that is sent along. A window of a build before these messages stays silent. */
  which: 'holdfast:which-build',
  /** From a window that has arrived: caches that no living window needs may go. */
  tidy: 'holdfast:tidy-caches',
  /** The waiting worker is to take over. The name is Workbox's, known to every build. */
  takeOver: 'SKIP_WAITING',
} as const

/** The channel on which a window tells the others that the build they agreed to has taken over. */
export const updateChannel = 'holdfast-update'

const patience = 3_000

interface Askable { postMessage(message: unknown, transfer: Transferable[]): void }
interface Question { data: unknown, ports: readonly MessagePort[] }

const memberOf = (value: unknown, name: 'type' | 'build'): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined

/** What kind of message this is; undefined for one that is not ours. */
export const typeOfMessage = (data: unknown): unknown => memberOf(data, 'type')

/** The build that a window or a worker says it is; null when it does not answer within three seconds, or does not know. */
export function askBuild(target: Askable): Promise<string | null> {
  const { port1, port2 } = new MessageChannel()
  return new Promise((resolve) => {
    const settle = (build: unknown): void => {
      clearTimeout(timer)
      port1.close()
      resolve(typeof build === 'string' ? build : null)
    }
    const timer = setTimeout(() => settle(null), patience)
    port1.onmessage = ({ data }) => settle(memberOf(data, 'build'))
    target.postMessage({ type: buildMessages.which }, [port2])
  })
}

export function answerBuild({ ports }: Question, build: string | null): void {
  ports[0]?.postMessage({ build })
}

const arrival = 'arrive'

/** Where a window is sent that is brought along; `url` is where it was opened, for a browser that does not tell more. */
export const arrivalPath = (url: string): string => `/?${arrival}=${encodeURIComponent(new URL(url).pathname)}`

/** The address a window that was brought along came with; null for one that was not, or whose address is not of the app. */
export function readArrivalPath(search: string): string | null {
  const path = new URLSearchParams(search).get(arrival)
  return path !== null && /^\/(?!\/)/.test(path) ? path : null
}

/** The build whose page this is, as Nuxt writes it there. */
export const buildOfPage = (html: string): string | null => /buildId:"([^"]+)"/.exec(html)?.[1] ?? null
