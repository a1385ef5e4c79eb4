import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { startStack } from './stack'

const dist = join(import.meta.dirname, '../dist/index.html')

/** Starts what is tested and hands its addresses to the tests; what it returns stops it again. */
export default async function globalSetup(): Promise<() => Promise<void>> {
  if (!existsSync(dist)) throw new Error('The console is not built. Type: npm run build (in frontend/)')
  mkdirSync(join(import.meta.dirname, 'test-results'), { recursive: true })
  const stack = await startStack()
  process.env['E2E_BASE_URL'] = stack.baseUrl
  process.env['E2E_SETUP_URL'] = stack.setupUrl
  return stack.stop
}
