import { act, screen, waitFor, within } from '@testing-library/react'
import { http, HttpResponse } from 'msw'
import { expect, test } from 'vitest'
import { answer, refuse } from '../../test/handlers'
import { testPageStates } from '../../test/page-states'
import { visit } from '../../test/render'
import { failedRequest, freshRequest, request, requestDetail, requestPage } from '../../test/request-facts'
import { server } from '../../test/server'
import { ServerSocket, subscribed } from '../../test/server-socket'

testPageStates({
  path: '/t/acme/requests',
  heading: 'Requests',
  endpoint: '/api/v1/requests',
  unread: 'The requests could not be read.',
  without: { capabilities: ['cost.read_all'], names: /requests\.read_all/ },
})

const rowOf = (name: RegExp) => screen.findByRole('row', { name })

test('rows show what was asked, what answered, and what it cost', async () => {
  visit('/t/acme/requests')
  const row = await rowOf(/claude-sonnet/)
  expect(within(row).getByText('smart')).toBeVisible()
  expect(row).toHaveTextContent('$0.042010')
  expect(row).toHaveTextContent('9.85 s')
  expect(row).toHaveTextContent('18.4K · 1,284 · 12.0K')
  expect(await rowOf(/Upstream ?502/)).toHaveTextContent('$0')
  expect(await screen.findByText(/2,184 in the last hour, 31 failed\./)).toBeVisible()
})

test('filters go to the server and to the channel as they stand in the address', async () => {
  const asked: URLSearchParams[] = []
  server.use(
    http.get('/api/v1/requests', ({ request: { url } }) => {
      asked.push(new URL(url).searchParams)
      return HttpResponse.json(requestPage(failedRequest))
    }),
  )
  visit('/t/acme/requests?status=error&not.source=playground&provider=a&provider=b&range=24h', ServerSocket)
  await rowOf(/Upstream ?502/)
  expect(asked[0]?.getAll('provider')).toEqual(['a', 'b'])
  expect(asked[0]?.get('status')).toBe('error')
  expect(asked[0]?.get('range')).toBe('24h')
  const { ask } = await subscribed()
  expect(ask.filter).toEqual({ status: ['error'], 'not.source': ['playground'], provider: ['a', 'b'] })
  expect(screen.getByText('Source is not playground')).toBeVisible()
  expect(screen.getByRole('tab', { name: 'Errors' })).toHaveAttribute('aria-selected', 'true')
})

test('a view is its filters, and another one keeps the rest', async () => {
  const { user, router } = visit('/t/acme/requests?not.source=playground')
  await rowOf(/claude-sonnet/)
  await user.click(screen.getByRole('tab', { name: 'Slow > 10 s' }))
  await waitFor(() => expect(router.state.location.search).toContain('latency_ms_gte=10000'))
  expect(router.state.location.search).toContain('not.source=playground')
  await user.click(screen.getByRole('tab', { name: 'All' }))
  await waitFor(() => expect(router.state.location.search).toBe('?not.source=playground'))
})

test('a filter is built from field, comparison and value', async () => {
  const { user, router } = visit('/t/acme/requests')
  await rowOf(/claude-sonnet/)
  await user.click(screen.getByRole('button', { name: /More/ }))
  await user.click(await screen.findByRole('combobox', { name: 'Field' }))
  await user.click(await screen.findByTitle('Session'))
  await user.type(screen.getByRole('textbox', { name: 'Value' }), 'run-7')
  await user.click(screen.getByRole('button', { name: 'Add filter' }))
  await waitFor(() => expect(router.state.location.search).toBe('?session=run-7'))
  await user.click(await screen.findByRole('button', { name: 'Session is run-7' }))
  await waitFor(() => expect(router.state.location.search).toBe('?not.session=run-7'))
})

test('a broken part of the address is dropped, and said so', async () => {
  const { router } = visit('/t/acme/requests?status=odd&latency_ms_gte=-1&q=smart')
  expect(await screen.findByText(/left out: status, latency_ms_gte/)).toBeVisible()
  await waitFor(() => expect(router.state.location.search).toBe('?q=smart'))
})

test('j and k move, Enter opens beside the list, Esc closes', async () => {
  const { user, router } = visit('/t/acme/requests')
  await rowOf(/claude-sonnet/)
  await user.keyboard('jj')
  expect(screen.getByRole('row', { name: /Upstream ?502/ })).toHaveAttribute('aria-current', 'true')
  await user.keyboard('k{Enter}')
  const drawer = await screen.findByRole('dialog')
  expect(await within(drawer).findByText('Attempt 1')).toBeInTheDocument()
  expect(router.state.location.search).toBe(`?open=${request.id}`)
  await user.keyboard('{Escape}')
  await waitFor(() => expect(router.state.location.search).toBe(''))
})

test('a request that runs says so, and is explained when it has ended', async () => {
  let isOver = false
  server.use(
    http.get('/api/v1/requests/:id', () =>
      isOver ? HttpResponse.json(requestDetail) : refuse({ status: 404, code: 'not_found' }),
    ),
    answer('get', '/api/v1/requests', requestPage({ ...request, status: 'running', latency_ms: null })),
  )
  visit(`/t/acme/requests?open=${request.id}`, ServerSocket)
  expect(await screen.findByText('Still running')).toBeVisible()
  const { say } = await subscribed()
  isOver = true
  say(request)
  expect(await screen.findByRole('region', { name: 'Where the time went' })).toBeVisible()
})

test('columns are chosen and ordered, at most fourteen, and remembered', async () => {
  const { user, unmount } = visit('/t/acme/requests')
  await rowOf(/claude-sonnet/)
  await user.click(screen.getByRole('button', { name: 'Columns' }))
  await user.click(await screen.findByRole('checkbox', { name: 'Dialect' }))
  await user.click(screen.getByRole('checkbox', { name: 'TTFT' }))
  await user.click(screen.getByRole('button', { name: 'Move Status left' }))
  const heads = () => screen.getAllByRole('columnheader').map(({ textContent }) => textContent)
  expect(heads().slice(0, 2)).toEqual(['Status', 'Time'])
  expect(heads()).toContain('Dialect')
  expect(heads()).not.toContain('TTFT')
  unmount()
  visit('/t/acme/requests')
  await rowOf(/claude-sonnet/)
  expect(heads().slice(0, 2)).toEqual(['Status', 'Time'])
})

test('of many rows only those in sight are drawn', async () => {
  const many = Array.from({ length: 180 }, (_, index) =>
    freshRequest({
      id: `req_${index}`,
      time: new Date(Date.parse(request.time) - index * 1000).toISOString(),
    }),
  )
  server.use(answer('get', '/api/v1/requests', { ...requestPage(...many) }))
  visit('/t/acme/requests')
  await screen.findByText('180 rows shown')
  expect(screen.getAllByRole('row').length).toBeLessThanOrEqual(60)
  expect(screen.getByRole('table', { name: 'Requests' })).toHaveAttribute('aria-rowcount', '181')
})

test('without a single request the page leads to the first one', async () => {
  server.use(answer('get', '/api/v1/requests', requestPage()))
  visit('/t/acme/requests')
  expect(await screen.findByText('No request yet')).toBeVisible()
  expect(screen.getByRole('link', { name: 'Send your first request' })).toHaveAttribute(
    'href',
    '/t/acme/welcome',
  )
})

test('a range without rows leads to the newest ones', async () => {
  server.use(
    http.get('/api/v1/requests', ({ request: { url } }) =>
      HttpResponse.json(
        new URL(url).searchParams.get('range') === '1h' ? requestPage() : requestPage(request),
      ),
    ),
  )
  const { user, router } = visit('/t/acme/requests?q=smart')
  expect(await screen.findByText('No request matches')).toBeVisible()
  await user.click(screen.getByRole('button', { name: /Jump to last data/ }))
  await waitFor(() => expect(router.state.location.search).toContain('from=2026-11-20T05%3A35'))
  expect(await rowOf(/claude-sonnet/)).toBeVisible()
})

test('a question that takes too long offers its halves', async () => {
  const middle = '2026-11-19T06:00:00Z'
  const suggestions = [{ from: middle, to: '2026-11-20T06:00:00Z' }]
  server.use(http.get('/api/v1/requests', () => refuse({ status: 422, code: 'range_too_wide', suggestions })))
  const { user, router } = visit('/t/acme/requests?range=30d')
  expect(await screen.findByText(/This took longer than 10 s\./)).toBeVisible()
  await user.click(screen.getByRole('button', { name: /Nov 19/ }))
  await waitFor(() => expect(router.state.location.search).toContain('from=2026-11-19T06'))
})

test('the export takes the same filters', async () => {
  let sent: unknown
  server.use(
    http.post('/api/v1/requests/export', async ({ request: asked }) => {
      sent = await asked.json()
      return HttpResponse.text('id\r\n')
    }),
  )
  URL.createObjectURL = () => 'blob:x'
  URL.revokeObjectURL = () => undefined
  const { user } = visit('/t/acme/requests?status=error')
  await user.click(await screen.findByRole('button', { name: /Export/ }))
  await user.click(await screen.findByText('CSV'))
  await waitFor(() => expect(sent).toEqual({ format: 'csv', filters: { status: ['error'], range: '1h' } }))
})

test('an export that was cut says so', async () => {
  server.use(
    http.post('/api/v1/requests/export', () =>
      HttpResponse.text('id\r\n', { headers: { 'x-has-more': 'true' } }),
    ),
  )
  URL.createObjectURL = () => 'blob:x'
  URL.revokeObjectURL = () => undefined
  const { user } = visit('/t/acme/requests')
  await user.click(await screen.findByRole('button', { name: /Export/ }))
  await user.click(await screen.findByText('CSV'))
  expect(await screen.findByText(/ends after 10,000 rows; there are more/)).toBeVisible()
})

test('the arrow keys walk the histogram and Enter zooms', async () => {
  const { user, router } = visit('/t/acme/requests')
  await rowOf(/claude-sonnet/)
  const chart = screen.getByRole('slider', { name: 'Requests over time' })
  await waitFor(() => expect(chart).toHaveAttribute('aria-valuemax', '2'))
  act(() => chart.focus())
  await user.keyboard('{Home}')
  expect(chart.getAttribute('aria-valuetext')).toMatch(/OK 2,000 · Client error 1 · Upstream error 20/)
  await user.keyboard('{Enter}')
  await waitFor(() =>
    expect(router.state.location.search).toBe(
      '?from=2026-11-20T05%3A06%3A00.000Z&to=2026-11-20T05%3A26%3A00.000Z',
    ),
  )
})
