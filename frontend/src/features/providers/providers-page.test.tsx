import { screen, waitFor, within } from '@testing-library/react'
import { http, HttpResponse } from 'msw'
import { expect, test } from 'vitest'
import { me } from '../../test/facts'
import { answer, page, refuse } from '../../test/handlers'
import { testPageStates } from '../../test/page-states'
import { failedTest, mockProvider, passedTest, provider } from '../../test/provider-facts'
import { visit } from '../../test/render'
import { server } from '../../test/server'

testPageStates({
  path: '/t/acme/providers',
  heading: 'Providers',
  endpoint: '/api/v1/providers',
  unread: 'The providers could not be read.',
  without: { capabilities: ['audit.read_billing'], names: /provider\.read/ },
})

const openrouter = {
  ...provider,
  id: '0193a000-0000-7000-8000-000000000003',
  slug: 'openrouter',
  name: 'OpenRouter',
  kind: 'openai_compatible' as const,
  verified_at: null,
  status: { ...provider.status, state: 'degraded' as const, reason: 'credentials_out' },
  credentials: { total: 2, healthy: 1 },
}

test('a back-end is a row with its state, its reason and its counts', async () => {
  server.use(answer('get', '/api/v1/providers', page(provider, openrouter, mockProvider)))
  visit('/t/acme/providers')
  const row = await screen.findByRole('row', { name: /OpenRouter/ })
  expect(row).toHaveTextContent('Degraded')
  expect(row).toHaveTextContent('1 of 2 credentials is out')
  expect(row).toHaveTextContent('1 / 2')
  expect(row).toHaveTextContent('unverified')
  const strip = 'OpenRouter, last 5 h: 60 good, 0 degraded, 0 down'
  expect(within(row).getByRole('img', { name: strip })).toBeVisible()
  expect(screen.getByText('3 providers. OpenRouter is degraded.')).toBeVisible()
})

test('a row of the platform is read only', async () => {
  visit('/t/acme/providers')
  const row = await screen.findByRole('row', { name: /Mock/ })
  expect(row).toHaveTextContent('Platform')
  expect(within(row).queryByRole('button')).toBeNull()
})

test('order and filters live in the address', async () => {
  server.use(answer('get', '/api/v1/providers', page(provider, openrouter, mockProvider)))
  const { router, user } = visit('/t/acme/providers?scope=own')
  await screen.findByRole('row', { name: /OpenRouter/ })
  expect(screen.queryByRole('row', { name: /Mock/ })).toBeNull()
  await user.click(screen.getByRole('columnheader', { name: /Name/ }))
  await waitFor(() => expect(router.state.location.search).toBe('?scope=own&sort=-name'))
  await waitFor(() => expect(screen.getAllByRole('row')[1]).toHaveTextContent('OpenRouter'))
  await user.type(screen.getByPlaceholderText('Name, slug or host'), 'nothing')
  await user.click(
    within((await screen.findByText('No provider matches')).closest('.empty') as HTMLElement).getByRole(
      'button',
      { name: 'Clear filters' },
    ),
  )
  expect(await screen.findByRole('row', { name: /Mock/ })).toBeVisible()
  expect(router.state.location.search).toBe('')
})

test('with the mock alone, the way to a real one is one click long', async () => {
  server.use(answer('get', '/api/v1/providers', page(mockProvider)))
  const { router, user } = visit('/t/acme/providers')
  await user.click(await screen.findByRole('button', { name: /Anthropic/ }))
  await waitFor(() => expect(router.state.location.pathname).toBe('/t/acme/providers/new'))
  expect(router.state.location.search).toBe('?preset=anthropic')
  expect(await screen.findByLabelText('API key')).toBeVisible()
})

test('a developer sees names and health, and asks for no more', async () => {
  let asked = 0
  server.use(
    answer('get', '/api/console/me', { ...me, capabilities: ['provider.read_names'] }),
    answer('get', '/api/v1/providers/health', {
      status: 'down',
      checked_at: '2026-11-19T14:05:32Z',
      total: 1,
      healthy: 0,
      providers: [
        {
          id: provider.id,
          slug: 'openai',
          name: 'OpenAI',
          status: 'down',
          reason: 'no_usable_credential',
          latency_ms: null,
          last_ok_at: null,
          credentials: { total: 1, healthy: 0 },
          models: 9,
          cells: provider.cells,
        },
      ],
    }),
    http.get('/api/v1/providers', () => {
      asked += 1
      return HttpResponse.json(page())
    }),
  )
  visit('/t/acme/providers')
  const row = await screen.findByRole('row', { name: /OpenAI/ })
  expect(row).toHaveTextContent('Down')
  expect(row).toHaveTextContent('No usable credential')
  expect(within(row).queryByRole('link')).toBeNull()
  expect(screen.queryByRole('link', { name: /Add provider/ })).toBeNull()
  expect(asked).toBe(0)
})

async function choose(name: string) {
  const { user } = visit('/t/acme/providers')
  await user.click(await screen.findByRole('button', { name: 'Actions for OpenAI' }))
  await user.click(await screen.findByRole('menuitem', { name }))
  return user
}

test('deleting lists what uses it, and goes on only by the typed slug', async () => {
  const asked: string[] = []
  server.use(
    http.delete('/api/v1/providers/:id', ({ request }) => {
      asked.push(new URL(request.url).search)
      if (asked.length > 1) return new HttpResponse(null, { status: 204 })
      return refuse({ status: 409, code: 'in_use', uses: [{ kind: 'alias', id: 'a1', name: 'smart' }] })
    }),
  )
  const user = await choose('Delete')
  const field = await screen.findByLabelText('Type openai to confirm')
  expect(screen.getByRole('button', { name: 'Delete provider' })).toBeDisabled()
  await user.type(field, 'openai')
  await user.click(screen.getByRole('button', { name: 'Delete provider' }))
  expect(await screen.findByText('smart')).toBeInTheDocument()
  await user.click(screen.getByRole('button', { name: /Delete it anyway/ }))
  expect(await screen.findByText('OpenAI is deleted')).toBeInTheDocument()
  expect(asked).toEqual(['', '?force=true&confirm=openai'])
})

test.each([
  ['Drain', 'drain', 'Drain provider', 'OpenAI is draining'],
  ['Disable', 'disable', 'Disable provider', 'OpenAI is disabled'],
])('%s asks first and sends the version it knows', async (action, path, button, done) => {
  let version: string | null = null
  server.use(
    http.post(`/api/v1/providers/:id/${path}`, ({ request }) => {
      version = request.headers.get('if-match')
      return HttpResponse.json(provider)
    }),
  )
  const user = await choose(action)
  await user.click(await screen.findByRole('button', { name: button }))
  expect(await screen.findByText(done)).toBeInTheDocument()
  expect(version).toBe('"3"')
})

test('a drained one is enabled at once', async () => {
  server.use(
    answer('get', '/api/v1/providers', page({ ...provider, draining: true })),
    answer('post', '/api/v1/providers/:id/enable', provider),
  )
  await choose('Enable')
  expect(await screen.findByText('OpenAI is enabled')).toBeInTheDocument()
})

test('a test of one shows each step and can be repeated', async () => {
  let runs = 0
  server.use(
    http.post('/api/v1/providers/:id/test', () => {
      runs += 1
      return HttpResponse.json(runs === 1 ? failedTest : passedTest)
    }),
  )
  const user = await choose('Test')
  expect(await screen.findByText('Failed at: Credential')).toBeInTheDocument()
  expect(screen.getByText('Check that the whole key was pasted.')).toBeInTheDocument()
  expect(screen.getByText('The vendor answered 401:')).toBeInTheDocument()
  expect(screen.getByText(/Incorrect API key provided/)).toBeInTheDocument()
  await user.click(screen.getByRole('button', { name: /Test again/ }))
  expect(await screen.findByText(/^Passed: 2 models/)).toBeInTheDocument()
  expect(runs).toBe(2)
})

test('all of one’s own are tested, and the failure says where', async () => {
  server.use(
    answer('get', '/api/v1/providers', page(provider, openrouter, mockProvider)),
    http.post('/api/v1/providers/:id/test', ({ params }) =>
      HttpResponse.json(params['id'] === openrouter.id ? failedTest : passedTest),
    ),
  )
  const { user } = visit('/t/acme/providers')
  await user.click(await screen.findByRole('button', { name: 'Test all' }))
  expect(await screen.findByText('1 of 2 passed.')).toBeInTheDocument()
  const dialog = screen.getByRole('dialog')
  expect(within(dialog).getByText('401 Unauthorized')).toBeInTheDocument()
  expect(within(dialog).queryByText('Mock')).toBeNull()
})
