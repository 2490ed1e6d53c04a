import { LLMock } from '@copilotkit/aimock'
import { startFakeOpenRouter } from '../fakes/openrouter/index.mjs'
import { describeProvider } from './provider-contract'

describeProvider('our fake', async () => {
  const fake = await startFakeOpenRouter({ pace: 'instant' })
  return {
    apiUrl: fake.apiUrl, close: fake.close,
    models: {
      echo: 'fake/echo', reasoning: 'fake/reasoning', tools: 'fake/tools', cut: 'fake/cut',
      refusal: Object.fromEntries([401, 402, 429, 500, 503].map((status) => [status, `fake/status-${status}`])),
    },
  }
})

// Written by others from their own captures: a misreading of ours cannot pass both.
describeProvider('aimock', async () => {
  const mock = new LLMock({ port: 0, chunkSize: 5 })
  mock.on({ model: 'openai/echo' }, { content: 'Hello wörld, 四 🌼!' })
  mock.on({ model: 'openai/reasoning' }, { content: 'It scatters.', reasoning: 'Rayleigh, I think.' })
  mock.on({ model: 'openai/tools' }, { toolCalls: [{ name: 'get_weather', arguments: '{"city":"Paris"}' }] })
  mock.on({ model: 'openai/cut' }, { content: 'Once upon a time there was a long story.' }, { truncateAfterChunks: 3, latency: 20 })
  for (const status of [401, 402, 429, 500, 503]) mock.on({ model: `openai/refuse-${status}` }, { error: { message: `refused with ${status}` }, status })
  await mock.start()
  return {
    apiUrl: `${mock.url}/api/v1`, close: () => mock.stop(),
    models: {
      echo: 'openai/echo', reasoning: 'openai/reasoning', tools: 'openai/tools', cut: 'openai/cut',
      refusal: Object.fromEntries([401, 402, 429, 500, 503].map((status) => [status, `openai/refuse-${status}`])),
    },
  }
})
