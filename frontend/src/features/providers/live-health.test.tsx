import { act, screen, waitFor } from '@testing-library/react'
import { http, HttpResponse } from 'msw'
import { expect, test } from 'vitest'
import { me } from '../../test/facts'
import { answer, page } from '../../test/handlers'
import { mockProvider, provider } from '../../test/provider-facts'
import { visit } from '../../test/render'
import { server } from '../../test/server'

interface Ask {
  op: string
  id: number
  tenant: string
  ch: string
}

/** Greets whoever comes, and says what the test has it say. */
class ServerSocket extends EventTarget {
  static latest: ServerSocket | undefined
  readyState = 1
  asked: Ask[] = []
  constructor() {
    super()
    ServerSocket.latest = this
    queueMicrotask(() => this.say({ op: 'hello', build: me.server.build }))
  }
  send(text: string): void {
    this.asked.push(JSON.parse(text) as Ask)
  }
  close(): void {}
  say(frame: object): void {
    this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(frame) }))
  }
}

async function subscribed(): Promise<(...rows: object[]) => void> {
  const ask = await waitFor(() => {
    const found = ServerSocket.latest?.asked.find(({ op }) => op === 'sub')
    if (!found) throw new Error('nobody has asked')
    return found
  })
  expect(ask).toMatchObject({ tenant: 'acme', ch: 'health' })
  let seq = 0
  return (...rows) =>
    act(() => ServerSocket.latest?.say({ op: 'ev', id: ask.id, seq: ++seq, rows, dropped: 0 }))
}

const healthy = { provider: provider.id, status: provider.status, credentials: provider.credentials }
const down = {
  provider: provider.id,
  status: { ...provider.status, state: 'down' as const, reason: 'no_usable_credential' },
  credentials: { total: 2, healthy: 0 },
}

/** Counts how often the list is read; it says what `rows` is by then. */
function listOf(...rows: unknown[]) {
  const reads = { count: 0, rows }
  server.use(
    http.get('/api/v1/providers', () => {
      reads.count += 1
      return HttpResponse.json(page(...reads.rows))
    }),
  )
  return reads
}

test('the list shows at once what the channel says, and is read again', async () => {
  const reads = listOf(provider, mockProvider)
  visit('/t/acme/providers', ServerSocket)
  const row = await screen.findByRole('row', { name: /OpenAI/ })
  const say = await subscribed()
  say(healthy, { ...healthy, provider: mockProvider.id })
  reads.rows = [{ ...provider, ...down, name: 'OpenAI EU' }, mockProvider]
  say(down)
  await waitFor(() => expect(row).toHaveTextContent('Down'))
  expect(row).toHaveTextContent('0 / 2')
  expect(await screen.findByRole('row', { name: /OpenAI EU/ })).toHaveTextContent('Down')
})

test('how things were at first is no reason to read again', async () => {
  const reads = listOf(provider)
  visit('/t/acme/providers', ServerSocket)
  const row = await screen.findByRole('row', { name: /OpenAI/ })
  const say = await subscribed()
  say(down)
  await waitFor(() => expect(row).toHaveTextContent('Down'))
  expect(reads.count).toBe(1)
})

test('a back-end the list does not know is read, one that is gone leaves', async () => {
  const reads = listOf(provider)
  visit('/t/acme/providers', ServerSocket)
  await screen.findByRole('row', { name: /OpenAI/ })
  const say = await subscribed()
  reads.rows = [mockProvider]
  say({ provider: provider.id, status: null, credentials: null }, { ...healthy, provider: mockProvider.id })
  expect(await screen.findByRole('row', { name: /Mock/ })).toBeVisible()
  expect(screen.queryByRole('row', { name: /OpenAI/ })).toBeNull()
})

test('the page of a back-end follows', async () => {
  visit(`/t/acme/providers/${provider.id}`, ServerSocket)
  await screen.findByRole('heading', { name: 'OpenAI' })
  const say = await subscribed()
  server.use(answer('get', '/api/v1/providers/:id', { ...provider, ...down, id: provider.id }))
  say(down)
  expect(await screen.findByText(/It is out of rotation\./)).toBeVisible()
})

test('who reads names only sees health change', async () => {
  const row = {
    id: provider.id,
    slug: provider.slug,
    name: provider.name,
    status: 'healthy',
    reason: '',
    latency_ms: 1,
    last_ok_at: null,
    credentials: { total: 2, healthy: 2 },
    models: 3,
    cells: provider.cells,
  }
  const health = { status: 'healthy', checked_at: me.server.now, total: 1, healthy: 1, providers: [row] }
  server.use(
    answer('get', '/api/console/me', { ...me, capabilities: ['provider.read_names'] }),
    answer('get', '/api/v1/providers/health', health),
  )
  visit('/t/acme/providers', ServerSocket)
  const shown = await screen.findByRole('row', { name: /OpenAI/ })
  const say = await subscribed()
  say(down)
  await waitFor(() => expect(shown).toHaveTextContent('Down'))
})
