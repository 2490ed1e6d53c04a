import { fileURLToPath } from 'node:url'
import { defineVitestProject } from '@nuxt/test-utils/config'
import { defineConfig } from 'vitest/config'
import { threads } from './scripts/threads.mjs'

const root = fileURLToPath(new URL('.', import.meta.url)).replace(/\/$/, '')

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        resolve: { alias: { '~': root } },
        plugins: [threads({ fromFile: true })],
        test: {
          name: 'node',
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/e2e/**', 'tests/components/**', 'tests/hostile/**', 'node_modules/**'],
          environment: 'node',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve: { alias: { '~': root } },
        test: {
          // Attacks on the built server: `npm run test:hostile` builds it first, and runs one file at a time, since they measure.
          name: 'hostile',
          include: ['tests/hostile/**/*.test.ts'],
          environment: 'node',
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      await defineVitestProject({
        test: {
          name: 'components',
          include: ['tests/components/**/*.test.ts'],
          environment: 'nuxt',
          environmentOptions: { nuxt: { rootDir: root, domEnvironment: 'happy-dom' } },
          setupFiles: ['tests/components/setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      }),
    ],
  },
})
