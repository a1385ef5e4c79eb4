import { defineConfig } from '@playwright/test'
import { findBrowser } from './browser'
import { INSECURE_HOST } from './stack'

const isRoot = process.getuid?.() === 0
const executablePath = await findBrowser()

export default defineConfig({
  testDir: '.',
  outputDir: 'test-results',
  globalSetup: './global-setup.ts',
  // One installation, one story: what a test makes, the next one uses.
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  maxFailures: 3,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  projects: [
    { name: 'arrival', testMatch: 'arrival.spec.ts' },
    { name: 'keys', testMatch: 'keys.spec.ts', dependencies: ['arrival'] },
    { name: 'providers', testMatch: 'providers.spec.ts', dependencies: ['keys'] },
    { name: 'requests', testMatch: 'requests.spec.ts', dependencies: ['providers'] },
    { name: 'dialects', testMatch: 'dialects.spec.ts', dependencies: ['requests'] },
    { name: 'books', testMatch: 'books.spec.ts', dependencies: ['dialects'] },
    { name: 'people', testMatch: 'people.spec.ts', dependencies: ['books'] },
    { name: 'routes', testMatch: 'routes.spec.ts', dependencies: ['people'] },
  ],
  use: {
    locale: 'en-US',
    timezoneId: 'Asia/Shanghai',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath,
      args: [`--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1`, ...(isRoot ? ['--no-sandbox'] : [])],
    },
  },
})
