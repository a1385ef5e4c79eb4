import '@testing-library/jest-dom/vitest'
import { cleanup, configure } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, vi } from 'vitest'
import { queryClient } from '../app/providers'
import { showLanguage, startI18n } from '../i18n/index'
import { withTexts } from '../i18n/texts'
import { dropAllDrafts } from '../ui/form/drafts'
import { NAMESPACES } from './namespaces'
import { server } from './server'

// A page's code is fetched when it is first visited; two busy cores take their time.
configure({ asyncUtilTimeout: 10_000 })

// What jsdom has not and antd asks for.
vi.stubGlobal(
  'matchMedia',
  vi.fn((query: string) => ({
    matches: false,
    media: query,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
    addListener: () => undefined,
    removeListener: () => undefined,
  })),
)
vi.stubGlobal(
  'ResizeObserver',
  class {
    observe(): void {}
    unobserve(): void {}
    disconnect(): void {}
  },
)
vi.stubGlobal('scrollTo', () => undefined)
Element.prototype.scrollIntoView = () => undefined
Element.prototype.scrollTo = () => undefined

beforeAll(async () => {
  server.listen({ onUnhandledFrame: 'error' })
  await startI18n('en')
  for (const namespace of NAMESPACES) await withTexts(namespace, Promise.resolve())
})
afterEach(async () => {
  cleanup()
  await showLanguage('en')
  server.resetHandlers()
  queryClient.clear()
  localStorage.clear()
  dropAllDrafts()
  document.body.replaceChildren()
})
afterAll(() => server.close())
