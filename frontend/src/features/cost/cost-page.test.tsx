import { screen, waitFor, within } from '@testing-library/react'
import { http, HttpResponse } from 'msw'
import { expect, test, vi } from 'vitest'
import { byModel, current, daily } from '../../test/cost-facts'
import { me } from '../../test/facts'
import { answer } from '../../test/handlers'
import { testPageStates } from '../../test/page-states'
import { visit } from '../../test/render'
import { server } from '../../test/server'

testPageStates({
  path: '/t/acme/cost',
  heading: 'Cost',
  endpoint: '/api/v1/cost/daily',
  unread: 'The cost per day could not be read.',
  without: { capabilities: ['cost.read_own'], names: /cost\.read_all/ },
})

const card = async (name: string) =>
  (await screen.findByRole('heading', { name, level: 2 })).closest<HTMLElement>('.card') ?? document.body

const analyst = { ...me, capabilities: [...me.capabilities, 'requests.read_all'] }

test('the figures are those of the answer, exact on hover', async () => {
  visit('/t/acme/cost')
  const today = await screen.findByRole('region', { name: 'Today' })
  expect(await within(today).findByTitle('$118.640227915')).toHaveTextContent('$118.64')
  expect(today).toHaveTextContent('less:9.3 %vs yesterday $130.80')
  expect(today).toHaveTextContent('Requests 48,206')
  const month = screen.getByRole('region', { name: 'This month' })
  expect(within(month).getByTitle('Nothing was spent in the period before')).toHaveTextContent('—')
  const forecast = screen.getByRole('region', { name: 'Forecast, this month' })
  expect(forecast).toHaveTextContent('$5,670.00')
  expect(forecast).toHaveTextContent('$5,460.00 – $5,880.00')
  expect(screen.getByText(/spent today, 9\.3 % less than yesterday/)).toBeVisible()
})

test('too few days give no forecast instead of a zero', async () => {
  server.use(answer('get', '/api/v1/cost/current', { ...current, month_forecast: null }))
  visit('/t/acme/cost')
  const forecast = await screen.findByRole('region', { name: 'Forecast, this month' })
  expect(await within(forecast).findByText('Fewer than three days of data')).toBeVisible()
  expect(forecast).not.toHaveTextContent('$')
})

test('what has no price is a badge with the way to a price, never a sum', async () => {
  visit('/t/acme/cost')
  expect(await screen.findByText('12 requests unpriced · <0.1 %')).toBeVisible()
  expect(screen.getByRole('link', { name: 'Price them' })).toHaveAttribute('href', '/t/acme/models?priced=no')
})

test('the books say how far they are and where days are cut', async () => {
  visit('/t/acme/cost')
  const line = (await screen.findByText('price version 2026-11-18')).closest('p')
  expect(line).toHaveTextContent(/^5-minute windows.*complete to.*reporting zone Asia\/Shanghai/)
  expect(line).not.toHaveTextContent('late')
})

test('books that stand still are said to be late', async () => {
  server.use(answer('get', '/api/v1/cost/current', { ...current, complete_to: '2026-11-20T05:05:32Z' }))
  visit('/t/acme/cost')
  expect(await screen.findByText('60 min late')).toBeVisible()
})

test('a bar tells its exact amount to keyboard and mouse, and opens its day', async () => {
  server.use(answer('get', '/api/console/me', analyst))
  const { user, router } = visit('/t/acme/cost')
  const chart = await screen.findByRole('slider', { name: 'Cost per day' })
  expect(chart).toHaveAttribute('aria-valuetext', 'Friday, Nov 20, 2026: $118.640227915, 1,204 requests')
  chart.focus()
  await user.keyboard('{ArrowLeft}')
  expect(chart).toHaveAttribute('aria-valuetext', 'Thursday, Nov 19, 2026: $244.100000001, 1,204 requests')
  expect(within(chart).getByText('$244.100000001')).toBeVisible()
  await user.keyboard('{Home}{Escape}')
  expect(chart).toHaveAttribute('aria-valuenow', '1')
  await user.keyboard('{End}{ArrowRight}{Enter}')
  await waitFor(() => expect(router.state.location.pathname).toBe('/t/acme/requests'))
  expect(router.state.location.search).toBe('?from=2026-11-19T16%3A00%3A00.000Z&to=2026-11-20T06%3A05%3A00Z')
})

test('of a day the range cuts, only what was counted opens', async () => {
  const from = '2026-11-19T06:05:00Z'
  server.use(
    answer('get', '/api/console/me', analyst),
    answer('get', '/api/v1/cost/daily', { ...daily, from, data: daily.data.slice(-2) }),
  )
  visit('/t/acme/cost?range=24h')
  const row = await screen.findByRole('row', { name: /Thursday, Nov 19/ })
  expect(within(row).getByRole('link')).toHaveAttribute(
    'href',
    '/t/acme/requests?from=2026-11-19T06%3A05%3A00Z&to=2026-11-19T16%3A00%3A00.000Z',
  )
})

test('the chart is also a table, and the address remembers it', async () => {
  const { user, router } = visit('/t/acme/cost')
  await user.click(await screen.findByRole('button', { name: 'View as table' }))
  const row = await screen.findByRole('row', { name: /Thursday, Nov 19/ })
  expect(within(row).getByTitle('$244.100000001')).toHaveTextContent('$244.100000')
  expect(router.state.location.search).toBe('?view=table')
  await user.click(screen.getByRole('button', { name: 'View as chart' }))
  expect(await screen.findByRole('slider', { name: 'Cost per day' })).toBeVisible()
})

test('one or two days are a table from the start', async () => {
  server.use(answer('get', '/api/v1/cost/daily', { ...daily, data: daily.data.slice(-2) }))
  visit('/t/acme/cost')
  expect(await screen.findByRole('row', { name: /Friday, Nov 20/ })).toHaveTextContent('12')
  expect(screen.queryByRole('slider')).toBeNull()
})

test('a ranking adds up to its total and leads to the requests behind each row', async () => {
  server.use(answer('get', '/api/console/me', analyst))
  visit('/t/acme/cost?tab=model&range=7d')
  const row = await screen.findByRole('row', { name: /claude-sonnet-5/ })
  expect(row).toHaveTextContent('71.0 %')
  expect(row).toHaveTextContent('$400.000000')
  expect(row).toHaveTextContent('$0.081000')
  expect(within(row).getByRole('link')).toHaveAttribute(
    'href',
    '/t/acme/requests?requested_model=claude-sonnet-5&from=2026-10-21T16%3A00%3A00Z&to=2026-11-20T06%3A05%3A00Z',
  )
  expect(screen.getByRole('row', { name: /Other/ })).toHaveTextContent('$63.740228')
  expect(screen.getByTitle('$563.740227916')).toBeVisible()
})

test('somebody who may not see requests gets names without links', async () => {
  server.use(answer('get', '/api/console/me', { ...me, capabilities: ['cost.read_all'] }))
  visit('/t/acme/cost?tab=model')
  const row = await screen.findByRole('row', { name: /claude-sonnet-5/ })
  expect(within(row).queryByRole('link')).toBeNull()
})

test('the range goes to the server as it stands in the address', async () => {
  const asked: string[] = []
  server.use(
    http.get('/api/v1/cost/by-model', ({ request }) => {
      asked.push(new URL(request.url).search)
      return HttpResponse.json({ ...byModel })
    }),
  )
  const { user, router } = visit('/t/acme/cost?tab=model&range=last_month')
  await screen.findByRole('row', { name: /claude-sonnet-5/ })
  expect(asked).toEqual(['?range=last_month&top=50'])
  await user.click(screen.getByRole('combobox', { name: 'Range' }))
  await user.click(await screen.findByTitle('Custom days'))
  await user.type(screen.getByLabelText('First day'), '2026-11-18')
  await user.type(screen.getByLabelText('Last day'), '2026-11-19')
  await waitFor(() =>
    expect(new URLSearchParams(router.state.location.search).get('to')).toBe('2026-11-19T16:00:00.000Z'),
  )
  await waitFor(() => expect(asked.at(-1)).toContain('from=2026-11-17T16%3A00%3A00.000Z'))
})

test('the shown table is saved with exact amounts and without formulas', async () => {
  const saved: Blob[] = []
  vi.stubGlobal(
    'URL',
    Object.assign(URL, {
      createObjectURL: (blob: Blob) => {
        saved.push(blob)
        return 'blob:x'
      },
      revokeObjectURL: () => undefined,
    }),
  )
  const { user } = visit('/t/acme/cost?tab=model')
  await user.click(await screen.findByRole('button', { name: 'CSV' }))
  const text = (await saved[0]?.text()) ?? ''
  expect(text.split('\r\n').slice(0, 3)).toEqual([
    'id,label,cost_usd,share,requests,tokens,average_cost_usd',
    'claude-sonnet-5,claude-sonnet-5,400.000000001,0.71,1204,1490000,0.081000000',
    "'=cmd,'=cmd,100.000000000,0.177,1204,1490000,0.081000000",
  ])
})

test('nothing yet says what will be here', async () => {
  server.use(answer('get', '/api/v1/cost/daily', { ...daily, data: [] }))
  visit('/t/acme/cost')
  expect(await screen.findByText('Nothing spent yet')).toBeVisible()
})

test('nothing in this range leads back to the usual one', async () => {
  server.use(answer('get', '/api/v1/cost/daily', { ...daily, data: [] }))
  const { user, router } = visit('/t/acme/cost?range=24h')
  await user.click(await screen.findByRole('link', { name: 'Show the last 30 days' }))
  await waitFor(() => expect(router.state.location.search).toBe(''))
})

test('nothing in the usual range leads to the last days there were any', async () => {
  const none = { ...daily, data: [] }
  const asked: URLSearchParams[] = []
  server.use(
    answer('get', '/api/console/me', { ...me, first_request_at: '2026-03-01T00:00:00Z' }),
    http.get('/api/v1/cost/daily', ({ request }) => {
      const params = new URL(request.url).searchParams
      asked.push(params)
      return HttpResponse.json(params.has('range') ? none : daily)
    }),
  )
  const { user, router } = visit('/t/acme/cost')
  await user.click(await screen.findByRole('link', { name: 'Jump to last data: Nov 20' }))
  expect(asked.find((params) => !params.has('range'))?.get('from')).toBe('2025-11-20T16:00:00.000Z')
  await waitFor(() =>
    expect(router.state.location.search).toBe(
      '?from=2026-11-13T16%3A00%3A00.000Z&to=2026-11-20T16%3A00%3A00.000Z',
    ),
  )
})

test('what was spent before is unknown where some of it has no price', async () => {
  const today = { ...current.today, previous: null, change_pct: null }
  server.use(answer('get', '/api/v1/cost/current', { ...current, today }))
  visit('/t/acme/cost')
  const region = await screen.findByRole('region', { name: 'Today' })
  expect(await within(region).findByTitle(/^What was spent in the period before is not known/)).toBeVisible()
  expect(region).toHaveTextContent('—vs yesterday —')
})

test('a day of nothing but unpriced requests costs an unknown sum, not none', async () => {
  const data = daily.data.map((day) => ({ ...day, cost: null, unpriced: day.requests }))
  server.use(
    answer('get', '/api/v1/cost/daily', { ...daily, data }),
    answer('get', '/api/v1/cost/current', { ...current, today: { ...current.today, cost: null } }),
  )
  visit('/t/acme/cost')
  const chart = await screen.findByRole('slider', { name: 'Cost per day' })
  expect(chart).toHaveAttribute('aria-valuetext', 'Friday, Nov 20, 2026: Unpriced, 1,204 requests')
  const today = screen.getByRole('region', { name: 'Today' })
  expect(await within(today).findByTitle(/no price row/)).toHaveTextContent('—')
  expect(screen.queryByText(/spent today/)).toBeNull()
})

const developer = { ...me, role: 'developer', capabilities: ['cost.read_own', 'requests.read_own'] }

function askedFor(path: string, body: object): string[] {
  const asked: string[] = []
  server.use(
    http.get(path, ({ request }) => {
      asked.push(new URL(request.url).search)
      return HttpResponse.json({ ...body })
    }),
  )
  return asked
}

test('my usage is all I may see', async () => {
  const asked = askedFor('/api/v1/cost/daily', daily)
  server.use(answer('get', '/api/console/me', developer))
  visit('/t/acme/dev/usage')
  expect(await screen.findByRole('heading', { name: 'My usage' })).toBeVisible()
  expect(await screen.findByRole('region', { name: 'Today' })).toBeVisible()
  await card('By key')
  expect(screen.queryByRole('tab', { name: 'By user' })).toBeNull()
  expect(asked).toEqual(['?range=30d'])
})

test('of what others spent too, my usage is my part', async () => {
  const asked = askedFor('/api/v1/cost/daily', daily)
  visit('/t/acme/dev/usage')
  await card('By key')
  expect(screen.queryByRole('region', { name: 'Today' })).toBeNull()
  await waitFor(() => expect(asked).toEqual(['?user_id=u1&range=30d']))
})
