import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [react()],
  test: {
    environment: 'jsdom',
    environmentOptions: { jsdom: { url: 'http://localhost/' } },
    setupFiles: ['src/test/setup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
    css: false,
    env: { DEBUG_PRINT_LIMIT: '0' },
    restoreMocks: true,
    // The modules of a page are loaded once per worker; src/test/setup.ts clears what they hold between tests.
    isolate: false,
    testTimeout: 40_000,
  },
})
