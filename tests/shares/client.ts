/** A share as its creator holds it. */
export interface Created { id: string, url: string, secret: string }

export interface Answer { status: number, headers: Headers, body: unknown, text: string }

/** A request to a test's server, its answer read as JSON when it is. */
export async function request(url: string, method = 'GET', body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const sent = body === undefined || body instanceof Uint8Array || typeof body === 'string' ? body : JSON.stringify(body)
  const response = await fetch(url, { method, headers: { ...(sent === undefined ? {} : { 'content-type': 'application/json' }), ...headers }, ...(sent === undefined ? {} : { body: sent as BodyInit }) })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text }
}

/** The agent's calls, as its client makes them. `base` may carry a share key. */
export function shareClient(base: string) {
  return {
    create: async (sessionID = 'ses_one'): Promise<Created> => (await request(`${base}/api/share`, 'POST', { sessionID })).body as Created,
    sync: (id: string, secret: string, data: unknown[]) => request(`${base}/api/share/${id}/sync`, 'POST', { secret, data }),
    data: (id: string) => request(`${base}/api/share/${id}/data`),
    info: (id: string) => request(`${base}/api/share/${id}`),
    remove: (id: string, secret: string) => request(`${base}/api/share/${id}`, 'DELETE', { secret }),
  }
}

export const session = (title: string, extra: Record<string, unknown> = {}) => ({ type: 'session', data: { id: 'ses_one', title, version: '1.18.33', time: { created: 1_795_225_848_782, updated: 1_795_225_852_070 }, ...extra } })
export const message = (id: string, role: 'user' | 'assistant', extra: Record<string, unknown> = {}) => ({ type: 'message', data: { id, sessionID: 'ses_one', role, time: { created: 1_795_225_848_900, completed: 1_795_225_849_900 }, ...extra } })
export const text = (messageID: string, content: string, id = `prt_${messageID}`) => ({ type: 'part', data: { id, messageID, sessionID: 'ses_one', type: 'text', text: content } })
