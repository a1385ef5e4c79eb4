import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** Paths the server answers itself; in development they go to Daphne's runserver. */
const SERVER_PATHS = [
  '/api',
  '/v1',
  '/v1beta',
  '/v1alpha',
  '/model',
  '/openai',
  '/anthropic',
  '/gemini',
  '/bedrock',
  '/admin',
  '/static',
]
const target = process.env['SWITCHYARD_DEV_SERVER'] ?? 'http://127.0.0.1:8000'

export default defineConfig(({ command }) => ({
  // The dev server serves the page itself at `/`, so that links and the one-time tokens work there too.
  base: command === 'build' ? '/static/console/' : '/',
  plugins: [react()],
  server: {
    port: 5173,
    strictPort: true,
    proxy: {
      ...Object.fromEntries(SERVER_PATHS.map((path) => [path, { target }])),
      '/ws': { target, ws: true },
      // Swagger UI is `/docs`; `/docs/errors` belongs to the console.
      '^/docs/?$': { target },
    },
  },
  build: {
    target: 'es2023',
    manifest: true,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
    reportCompressedSize: false,
  },
}))
