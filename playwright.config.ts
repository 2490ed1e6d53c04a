import { defineConfig } from '@playwright/test'

/**
 * Browser journeys against the built app: `npm test` builds it first. Each test starts its own server and its own profiles. One at a time: a journey
 * has up to three browsers, and two at once make two cores slower than a person would wait for.
 */
export default defineConfig({
  testDir: 'tests/e2e',
  testMatch: '**/*.spec.ts',
  outputDir: 'node_modules/.cache/playwright',
  fullyParallel: true,
  workers: 1,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
})
