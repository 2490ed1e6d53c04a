import { get, type IncomingMessage } from 'node:http'

/** Bytes that are more than the system holds between two sockets: a reader that pauses keeps its answer unfinished. */
export const large = 24 * 1024 * 1024

/** An answer of which the first bytes have come and no more are taken: whether it ended whole is said once the rest is asked for. */
export class SlowReader {
  private constructor(private readonly response: IncomingMessage) {}

  static async open(url: string, token: string): Promise<SlowReader> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get(url, { agent: false, headers: { authorization: `Bearer ${token}` } }, resolve).on('error', reject)
    })
    if (response.statusCode !== 200) throw new Error(`${url} answered ${response.statusCode}`)
    await new Promise((resolve) => response.once('data', resolve))
    response.pause()
    return new SlowReader(response)
  }

  /** Reads on; true if the answer came to its end. */
  end(): Promise<boolean> {
    return new Promise((resolve) => {
      this.response.on('error', () => undefined).once('close', () => resolve(this.response.complete)).resume()
    })
  }
}
