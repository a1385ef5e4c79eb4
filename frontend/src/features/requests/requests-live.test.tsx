import { act, screen, waitFor } from '@testing-library/react'
import { http } from 'msw'
import { expect, test } from 'vitest'
import { answer, refuse } from '../../test/handlers'
import { visit } from '../../test/render'
import { freshRequest, requestPage } from '../../test/request-facts'
import { server } from '../../test/server'
import { ServerSocket, subscribed } from '../../test/server-socket'

const rowOf = (name: RegExp) => screen.findByRole('row', { name })

test('a row that happens appears, and a running one is renewed where it stands', async () => {
  visit('/t/acme/requests', ServerSocket)
  await rowOf(/claude-sonnet/)
  const { say } = await subscribed()
  say(freshRequest({ status: 'running', latency_ms: null, cost: null, http_status: null }))
  expect(await rowOf(/fresh-model/)).toHaveTextContent('Running')
  say(freshRequest({ latency_ms: 1234 }))
  await waitFor(() => expect(screen.getByRole('row', { name: /fresh-model/ })).toHaveTextContent('1.23 s'))
  const rows = screen.getAllByRole('row')
  expect(rows[1]).toHaveTextContent('fresh-model')
})

test('a pause freezes the list, counts what is new, and shows it when asked', async () => {
  const { user } = visit('/t/acme/requests', ServerSocket)
  await rowOf(/claude-sonnet/)
  const { say } = await subscribed()
  await user.click(screen.getByRole('button', { name: /Pause live/ }))
  say(freshRequest({}))
  const pill = await screen.findByRole('button', { name: '1 new ↑' })
  expect(screen.queryByRole('row', { name: /fresh-model/ })).toBeNull()
  await user.click(pill)
  expect(await rowOf(/fresh-model/)).toBeVisible()
  expect(screen.getByRole('button', { name: /Resume live/ })).toBeVisible()
})

test('a row that ends as something else leaves the list that asked for it', async () => {
  server.use(
    answer('get', '/api/v1/requests', requestPage(freshRequest({ status: 'running', latency_ms: null }))),
  )
  visit('/t/acme/requests?status=running', ServerSocket)
  expect(await rowOf(/fresh-model/)).toHaveTextContent('Running')
  const { say } = await subscribed()
  say(
    freshRequest({
      id: 'req_0000000000000000000000000000bbbb',
      requested_model: 'other',
      served_model: 'other',
      status: 'running',
    }),
  )
  await rowOf(/other/)
  say(freshRequest({ latency_ms: 1234 }))
  await waitFor(() => expect(screen.queryByRole('row', { name: /fresh-model/ })).toBeNull())
  expect(screen.getByRole('row', { name: /other/ })).toBeVisible()
})

test('a range that ends in the future is live, for what lies in it', async () => {
  const from = new Date(Date.now() - 3_600_000).toISOString()
  const to = new Date(Date.now() + 3_600_000).toISOString()
  visit(`/t/acme/requests?from=${from}&to=${to}`, ServerSocket)
  await rowOf(/claude-sonnet/)
  expect(screen.getByRole('button', { name: /Pause live/ })).toBeVisible()
  const { say } = await subscribed()
  say(
    freshRequest({
      id: 'req_0000000000000000000000000000bbbb',
      requested_model: 'too-early',
      time: '2001-01-01T00:00:00Z',
    }),
  )
  say(freshRequest({ time: new Date().toISOString() }))
  expect(await rowOf(/fresh-model/)).toBeVisible()
  expect(screen.queryByRole('row', { name: /too-early/ })).toBeNull()
})

test('a range that has ended is not', async () => {
  visit('/t/acme/requests?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z', ServerSocket)
  await rowOf(/claude-sonnet/)
  expect(screen.queryByRole('button', { name: /Pause live/ })).toBeNull()
  expect(ServerSocket.latest?.asked.filter(({ op }) => op === 'sub')).toEqual([])
})

test('a lost right to the channel shows in the badge, and in the list', async () => {
  visit('/t/acme/requests', ServerSocket)
  await rowOf(/claude-sonnet/)
  const { ask } = await subscribed()
  expect(screen.getByText('Live')).toBeVisible()
  server.use(http.get('/api/v1/requests', () => refuse({ status: 403, code: 'permission_denied' })))
  act(() => ServerSocket.latest?.say({ op: 'err', id: ask.id, code: 'permission_denied' }))
  expect(await screen.findByText('Polling 5 s')).toBeVisible()
  expect(screen.queryByText('Live')).toBeNull()
  expect(await screen.findByText(/permission_denied/)).toBeVisible()
})

test('what waited during a pause is there when it ends', async () => {
  const { user } = visit('/t/acme/requests', ServerSocket)
  await rowOf(/claude-sonnet/)
  const { say } = await subscribed()
  await user.keyboard('l')
  say(freshRequest({}))
  await screen.findByRole('button', { name: '1 new ↑' })
  await user.keyboard('l')
  expect(await rowOf(/fresh-model/)).toBeVisible()
})
