import { screen, waitFor, within } from '@testing-library/react'
import { http, HttpResponse } from 'msw'
import { expect, test } from 'vitest'
import { me } from '../../test/facts'
import { answer, page, refuse } from '../../test/handlers'
import { lookup, ownPrice, price, pricedModel, unpricedModel } from '../../test/model-facts'
import { testPageStates } from '../../test/page-states'
import { mockProvider, provider } from '../../test/provider-facts'
import { visit } from '../../test/render'
import { server } from '../../test/server'

testPageStates({
  path: '/t/acme/models',
  heading: 'Models & prices',
  endpoint: '/api/v1/catalog/models',
  unread: 'The models could not be read.',
  without: { capabilities: ['provider.read_names'], names: /provider\.read/ },
})

const operator = { ...me, capabilities: [...me.capabilities, 'platform.prices'] }
const isOperator = () => answer('get', '/api/console/me', operator)

test('a model is a row with its rates and where they come from', async () => {
  visit('/t/acme/models')
  const row = await screen.findByRole('row', { name: /gpt-5\.6-mini/ })
  expect(row).toHaveTextContent('$0.25')
  expect(row).toHaveTextContent('$0.025')
  expect(row).toHaveTextContent('$2.00')
  expect(row).toHaveTextContent('2026-11-18from Nov 18price listSimilar nameTiers')
  expect(row).toHaveTextContent('Retires 2026-12-11')
})

test('what is used without a price is said on top and in its row, and nowhere is it $0', async () => {
  const { user, router } = visit(`/t/acme/models?q=llama&provider=${unpricedModel.provider.id}`)
  const row = await screen.findByRole('row', { name: /house-llama/ })
  expect(row).toHaveTextContent('Unpriced, 37 requests')
  expect(row).not.toHaveTextContent('$')
  expect(await screen.findByText('1 model used without a price')).toBeVisible()
  await user.click(screen.getByRole('button', { name: 'Show unpriced' }))
  await waitFor(() => expect(router.state.location.search).toBe('?priced=no'))
})

test('what has no price cannot be read: said, and asked again', async () => {
  server.use(
    http.get('/api/v1/prices/unpriced', () => refuse({ status: 500, code: 'internal_error' }), {
      once: true,
    }),
  )
  const { user } = visit('/t/acme/models')
  expect(await screen.findByText('What has no price could not be read.')).toBeVisible()
  await user.click(screen.getByRole('button', { name: 'Retry' }))
  expect(await screen.findByText('1 model used without a price')).toBeVisible()
})

test('more models than are looked at are said to be', async () => {
  let asked = 0
  server.use(
    http.get('/api/v1/catalog/models', () =>
      HttpResponse.json({
        data: [{ ...pricedModel, id: `m${(asked += 1)}` }],
        has_more: true,
        next_cursor: 'on',
      }),
    ),
  )
  visit('/t/acme/models')
  expect(await screen.findByText(/^Only the first 10 models/)).toBeVisible()
})

test('where a markup or a multiplier is applied, the drawer says what the list says', async () => {
  const amounts = { in: '0.3', cached: '0.03', cache_write: null, out: '2.4' }
  server.use(answer('get', '/api/v1/prices/lookup', { ...lookup, amounts }))
  visit(`/t/acme/models?open=${pricedModel.id}`)
  const drawer = await screen.findByRole('dialog')
  expect(await within(drawer).findByText('What you pay, USD per 1M tokens')).toBeVisible()
  expect(within(drawer).getByText('$0.30')).toBeVisible()
  expect(within(drawer).getByText('$2.40')).toBeVisible()
})

test('search and filters stand in the address and go to the server', async () => {
  const asked: string[] = []
  server.use(
    http.get('/api/v1/catalog/models', ({ request }) => {
      asked.push(new URL(request.url).search)
      return HttpResponse.json(page(pricedModel, unpricedModel))
    }),
  )
  visit(`/t/acme/models?q=gpt&provider=${pricedModel.provider.id}&priced=yes`)
  await screen.findByRole('row', { name: /gpt-5\.6-mini/ })
  expect(asked).toEqual([`?limit=200&q=gpt&provider=${pricedModel.provider.id}`])
  expect(screen.queryByRole('row', { name: /house-llama/ })).toBeNull()
})

test('a filter without rows offers to clear it', async () => {
  server.use(answer('get', '/api/v1/catalog/models', page()))
  const { user, router } = visit('/t/acme/models?priced=no')
  await screen.findByText('No model matches')
  await user.click(screen.getAllByRole('button', { name: 'Clear filters' })[0] ?? document.body)
  await waitFor(() => expect(router.state.location.search).toBe(''))
  expect(await screen.findByText('No models yet')).toBeVisible()
})

test('a model opens with all its rates, its row, and every row before', async () => {
  server.use(
    answer('get', '/api/v1/providers', page(mockProvider)),
    http.get('/api/v1/prices', ({ request }) =>
      HttpResponse.json(
        new URL(request.url).searchParams.get('model') === 'gpt-5.6-mini'
          ? page(
              price,
              {
                ...price,
                id: 'p0',
                state: 'past',
                valid_from: '2026-01-01T00:00:00Z',
                valid_to: price.valid_from,
              },
              { ...price, id: 'px', vendor: 'azure', version: 'elsewhere' },
            )
          : page(),
      ),
    ),
  )
  visit(`/t/acme/models?open=${pricedModel.id}`)
  const drawer = await screen.findByRole('dialog')
  expect(await within(drawer).findByText('Above 272,000 tokens in')).toBeVisible()
  expect(within(drawer).getByRole('row', { name: /Audio out/ })).toHaveTextContent('$20.00')
  expect(within(drawer).getByText('Mon, Tue 16:30–00:30 UTC')).toBeVisible()
  expect(within(drawer).getByText('$0.01 each')).toBeVisible()
  expect(within(drawer).getByText(/Similar name: found after/)).toBeVisible()
  expect(await within(drawer).findByText('Ended')).toBeVisible()
  expect(within(drawer).queryByText(/elsewhere/)).toBeNull()
  expect(within(drawer).queryByText(/What you pay/)).toBeNull()
  expect(within(drawer).queryByRole('button', { name: 'Override price' })).toBeNull()
})

test('whoever holds the prices of the platform overrides one for all tenants', async () => {
  let sent: unknown
  server.use(
    isOperator(),
    http.post('/api/v1/prices', async ({ request }) => {
      sent = await request.json()
      return HttpResponse.json({ ...price, scope: 'operator' }, { status: 201 })
    }),
  )
  const { user } = visit(`/t/acme/models?open=${pricedModel.id}`)
  await user.click(await screen.findByRole('button', { name: 'Override price' }))
  const input = await screen.findByLabelText('Input')
  expect(input).toHaveValue('0.25')
  await user.clear(input)
  await user.type(input, '0.2')
  await user.click(screen.getByRole('button', { name: 'Set price' }))
  await waitFor(() =>
    expect(sent).toMatchObject({
      scope: 'operator',
      provider: 'openai',
      model: 'gpt-5.6-mini-2026-08-01',
      rates: { in_fresh: '0.2', in_cache_read: '0.025', out_text: '2', out_audio: '20' },
      tiers: price.tiers,
    }),
  )
  expect(await screen.findByText('gpt-5.6-mini has a new price')).toBeVisible()
})

test('a tenant prices the models of its own back-ends, and no others', async () => {
  let sent: unknown
  server.use(
    answer('get', '/api/v1/providers', page({ ...provider, id: unpricedModel.provider.id, editable: true })),
    http.post('/api/v1/prices', async ({ request }) => {
      sent = await request.json()
      return HttpResponse.json(ownPrice, { status: 201 })
    }),
  )
  const { user } = visit('/t/acme/models')
  await user.click(await screen.findByRole('button', { name: 'Actions for house-llama' }))
  await user.click(await screen.findByRole('menuitem', { name: 'Costs nothing: price it at $0' }))
  await waitFor(() =>
    expect(sent).toEqual({
      scope: 'tenant',
      provider: 'house',
      model: 'house-llama',
      rates: { in_fresh: '0', out_text: '0' },
      note: 'free',
    }),
  )
  expect(await screen.findByText('house-llama is priced at $0 from now on')).toBeVisible()
})

test('what is no amount is marked before anything is sent', async () => {
  server.use(isOperator())
  const { user } = visit('/t/acme/models')
  await user.click(await screen.findByRole('button', { name: 'Price house-llama' }))
  await user.type(await screen.findByLabelText('Output'), '1,5')
  await user.click(screen.getByRole('button', { name: /Add a class/ }))
  await user.click(screen.getByRole('button', { name: /Tiers, variants/ }))
  await user.type(await screen.findByLabelText('Tiers by tokens in'), 'no json')
  await user.click(screen.getByRole('button', { name: 'Set price' }))
  expect(await screen.findByText('A plain amount, as 0.25')).toBeVisible()
  expect(await screen.findByText('A JSON list')).toBeInTheDocument()
})

test('a price somebody set is changed by closing its row, or ended', async () => {
  const calls: string[] = []
  server.use(
    isOperator(),
    answer('get', '/api/v1/prices/lookup', {
      matched_by: 'override',
      price: ownPrice,
      amounts: { in: '0', cached: null, cache_write: null, out: '0' },
    }),
    answer('get', '/api/v1/prices', page(ownPrice)),
    http.patch('/api/v1/prices/:id', async ({ request, params }) => {
      calls.push(`patch ${String(params['id'])} ${JSON.stringify(await request.json())}`)
      return HttpResponse.json(ownPrice, { status: 201 })
    }),
    http.delete('/api/v1/prices/:id', ({ params }) => {
      calls.push(`delete ${String(params['id'])}`)
      return new HttpResponse(null, { status: 204 })
    }),
  )
  const { user } = visit(`/t/acme/models?open=${unpricedModel.id}`)
  await user.click(await screen.findByRole('button', { name: 'Change price' }))
  const output = await screen.findByLabelText('Output')
  await user.clear(output)
  await user.type(output, '1')
  await user.click(screen.getByRole('button', { name: 'Change from then on' }))
  await waitFor(() => expect(calls[0]).toMatch(/^patch .*"rates":{"in_fresh":"0","out_text":"1"}/))
  await user.click(await screen.findByRole('button', { name: 'Actions for 2026-11-18' }))
  await user.click(await screen.findByRole('menuitem', { name: 'End price' }))
  await user.click(await screen.findByRole('button', { name: 'End price' }))
  await waitFor(() => expect(calls[1]).toBe(`delete ${ownPrice.id}`))
})

test('an overlap says which way out there is', async () => {
  server.use(
    isOperator(),
    http.post('/api/v1/prices', () => refuse({ status: 409, code: 'price_overlaps' })),
  )
  const { user } = visit('/t/acme/models')
  await user.click(await screen.findByRole('button', { name: 'Price house-llama' }))
  await user.type(await screen.findByLabelText('Output'), '1')
  await user.click(screen.getByRole('button', { name: 'Set price' }))
  expect(await screen.findByText(/Change that one instead/)).toBeVisible()
})

test('a row of the operator is not shown to a tenant, its rates are', async () => {
  server.use(answer('get', '/api/v1/prices/lookup', { ...lookup, matched_by: 'override', price: null }))
  visit(`/t/acme/models?open=${pricedModel.id}`)
  const drawer = await screen.findByRole('dialog')
  expect(await within(drawer).findByText(/the rates you are charged/)).toBeVisible()
  expect(within(drawer).getByText('$0.25')).toBeVisible()
})
