import { createServer } from 'node:http'
import { once } from 'node:events'

/** A model that always says the same, in the form the agent asks for. */
export async function startProvider(reply: string): Promise<{ url: string, close(): Promise<void> }> {
  const server = createServer((request, response) => {
    request.resume()
    const chunk = (choice: object, more: object = {}) => response.write(`data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'fake-model', choices: [choice], ...more })}\n\n`)
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const word of reply.match(/\S+\s*/g) ?? []) chunk({ index: 0, delta: { role: 'assistant', content: word }, finish_reason: null })
      chunk({ index: 0, delta: {}, finish_reason: 'stop' }, { usage: { prompt_tokens: 100, completion_tokens: 12, total_tokens: 112 } })
      response.end('data: [DONE]\n\n')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
