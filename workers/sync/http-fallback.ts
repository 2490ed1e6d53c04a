import type { ClientMessage } from '~/shared/protocol/client-message'
import { isUnreachable, type HoldfastError } from '~/shared/errors'
import { createHttpExchanges, greetOverHttp, isExchange, toErrorMessage, type HttpDeps } from './http-exchange'
import type { Schedule } from './ports'
import type { ExchangeMessage, Session } from './session'

/** A socket that has not been welcomed for this long may be blocked, by a proxy for example: HTTP is tried beside it. */
const patienceMs = 8_000
const pollMs = 5_000
const retryMs = 15_000

interface FallbackDeps {
  http: HttpDeps
  schedule: Schedule
  /** Opens a session whose frames go through `post`. */
  open(post: (message: ClientMessage) => void): Session
  receive(session: Session, message: ExchangeMessage): void
  refused(error: HoldfastError): void
  closed(): void
}

/** Keeps a session over HTTP while sockets are blocked. It polls; the socket goes on trying and takes over as soon as it opens. */
export function createHttpFallback({ http, schedule, open, receive, refused, closed }: FallbackDeps) {
  /** What is under way belongs to this round; a later one makes it void. */
  let round = 0
  const exchanges = createHttpExchanges(http)
  let active = false
  let waiting = false

  function end() {
    round++
    exchanges.abandon()
    waiting = false
    if (!active) return
    active = false
    closed()
  }

  async function begin(of: number) {
    const greeting = await greetOverHttp(http)
    if (of !== round) return
    if (!greeting.ok) {
      refused(greeting.error)
      return again(of, retryMs)
    }
    active = true
    const session: Session = open((message) => void post(message, of, () => session))
    session.welcome({ ...greeting.value, floor: 0 })
    poll(session, of)
  }

  async function post(message: ClientMessage, of: number, session: () => Session) {
    if (!isExchange(message)) return
    const answered = await exchanges.exchange(message)
    if (of !== round) return
    if (answered.ok) return receive(session(), answered.value)
    refused(answered.error)
    if (isUnreachable(answered.error)) return pause()
    session().receive(toErrorMessage(message.rq, answered.error))
  }

  function poll(session: Session, of: number) {
    schedule(() => {
      if (of !== round) return
      session.poll()
      poll(session, of)
    }, pollMs)
  }

  function pause() {
    end()
    waiting = true
    again(round, retryMs)
  }

  const again = (of: number, ms: number) => schedule(() => of === round && void begin(of), ms)

  return {
    /** The socket is not open: HTTP takes over unless it opens soon. */
    socketFails() {
      if (active || waiting) return
      waiting = true
      again(round, patienceMs)
    },
    /** The server stopped answering: begins anew after a while. */
    pause,
    stop: end,
  }
}
