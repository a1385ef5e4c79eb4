import { screen, waitFor, within } from '@testing-library/react'
import { delay, http, HttpResponse } from 'msw'
import { expect, test } from 'vitest'
import { me } from '../../test/facts'
import { answer, refuse } from '../../test/handlers'
import { failedTest, kinds, passedTest, provider } from '../../test/provider-facts'
import { visit } from '../../test/render'
import { server } from '../../test/server'

const KEY = 'sk-proj-abcdefghijkl'

test('a pasted key names its vendor, and comes along', async () => {
  const { router, user } = visit('/t/acme/providers/new')
  const field = await screen.findByLabelText('Paste an API key: its prefix names the vendor')
  await user.click(field)
  await user.paste('sk-unknown-1')
  expect(screen.getByText(/Several vendors issue keys like this one/)).toBeVisible()
  await user.clear(field)
  await user.paste(KEY)
  await waitFor(() => expect(router.state.location.search).toBe('?preset=openai'))
  expect(await screen.findByLabelText('API key')).toHaveValue(KEY)
  expect(window.location.href).not.toContain(KEY)
})

test('the gallery is searched', async () => {
  const { user } = visit('/t/acme/providers/new')
  await user.type(await screen.findByPlaceholderText('Search by name or host'), 'bigmodel')
  expect(screen.getByRole('button', { name: /智谱 GLM/ })).toBeVisible()
  expect(screen.queryByRole('button', { name: /Anthropic/ })).toBeNull()
  await user.type(screen.getByPlaceholderText('Search by name or host'), '-not')
  expect(screen.getByText(/Nothing matches/)).toBeVisible()
})

test('a wrong key is told with the vendor’s own words, the form stays, and then it works', async () => {
  let saved: unknown
  const tests: unknown[] = []
  server.use(
    http.post('/api/v1/providers/test', async ({ request }) => {
      tests.push(await request.json())
      return HttpResponse.json(tests.length === 1 ? failedTest : passedTest)
    }),
    http.post('/api/v1/providers', async ({ request }) => {
      saved = await request.json()
      return HttpResponse.json(provider, { status: 201 })
    }),
  )
  const { router, user } = visit('/t/acme/providers/new?preset=openai')
  const secret = await screen.findByLabelText('API key')
  await user.type(secret, 'sk-proj-wrong')
  await user.click(screen.getByRole('button', { name: 'Test connection' }))
  expect(await screen.findByText('Failed at: Credential')).toBeVisible()
  expect(screen.getByText(/Incorrect API key provided/)).toBeVisible()
  expect(secret).toHaveValue('sk-proj-wrong')
  expect(screen.getByRole('button', { name: 'Save untested' })).toBeVisible()
  await user.clear(secret)
  await user.type(secret, KEY)
  await user.click(screen.getByRole('button', { name: /Test again/ }))
  expect(await screen.findByText(/^Passed: 2 models/)).toBeVisible()
  expect(screen.getByRole('checkbox', { name: 'gpt-5.6' })).toBeChecked()
  await user.click(screen.getByRole('checkbox', { name: 'gpt-5.6' }))
  const renamed = screen.getByLabelText('Public name of gpt-5.6-mini')
  await user.clear(renamed)
  await user.type(renamed, 'fast')
  await user.click(screen.getByRole('button', { name: 'Save provider' }))
  await waitFor(() => expect(router.state.location.pathname).toBe(`/t/acme/providers/${provider.id}`))
  expect(saved).toEqual({
    kind: 'openai',
    name: 'OpenAI',
    slug: 'openai',
    base_url: 'https://api.openai.com/v1',
    credentials: [{ name: 'primary', kind: 'api_key', secret: KEY }],
    models: [
      {
        upstream_name: 'gpt-5.6-mini',
        public_name: 'fast',
        operations: ['chat'],
        context_window: 400_000,
      },
    ],
  })
  await screen.findByRole('heading', { name: 'OpenAI', level: 1 })
  expect(document.documentElement.outerHTML.includes(KEY)).toBe(false)
})

test('a change after the test makes it untested again', async () => {
  server.use(answer('post', '/api/v1/providers/test', passedTest))
  const { user } = visit('/t/acme/providers/new?preset=openai')
  await user.type(await screen.findByLabelText('API key'), KEY)
  await user.click(screen.getByRole('button', { name: 'Test connection' }))
  expect(await screen.findByRole('button', { name: 'Save provider' })).toBeVisible()
  await user.type(screen.getByLabelText('Base URL'), '/other')
  expect(await screen.findByRole('button', { name: 'Save untested' })).toBeVisible()
  expect(screen.getByText('The form was changed since this test.')).toBeVisible()
})

test('a key of another vendor offers to switch, and takes the key along', async () => {
  const { router, user } = visit('/t/acme/providers/new?preset=openai')
  await user.type(await screen.findByLabelText('API key'), 'sk-ant-1234')
  await user.click(await screen.findByRole('button', { name: 'Switch to Anthropic' }))
  await waitFor(() => expect(router.state.location.search).toBe('?preset=anthropic'))
  expect(await screen.findByLabelText('API key')).toHaveValue('sk-ant-1234')
})

test('what the server refuses stands at its field', async () => {
  server.use(
    http.post('/api/v1/providers', () =>
      refuse({
        status: 400,
        code: 'validation',
        errors: [
          { field: 'base_url', code: 'invalid', message: 'this address is not allowed' },
          { field: 'credentials[0].secret', code: 'masked_secret', message: 'a mask' },
        ],
      }),
    ),
  )
  const { user } = visit('/t/acme/providers/new?preset=openai')
  await user.type(await screen.findByLabelText('API key'), '…a1f3')
  await user.click(screen.getByRole('button', { name: 'Save untested' }))
  expect(await screen.findByText('this address is not allowed')).toBeInTheDocument()
  expect(screen.getByText(/This is the masked form of a secret/)).toBeInTheDocument()
})

test('who runs the installation may share it with every tenant', async () => {
  let saved: unknown
  server.use(
    answer('get', '/api/console/me', { ...me, capabilities: [...me.capabilities, 'platform.system'] }),
    http.post('/api/v1/providers', async ({ request }) => {
      saved = await request.json()
      return HttpResponse.json(provider, { status: 201 })
    }),
  )
  const { user } = visit('/t/acme/providers/new?preset=mock')
  await user.click(await screen.findByText('Every tenant'))
  await user.type(screen.getByLabelText('Model name at the vendor'), 'mock-echo')
  await user.click(screen.getByRole('button', { name: /Add by name/ }))
  await user.click(screen.getByRole('button', { name: 'Save untested' }))
  await waitFor(() => expect(saved).toBeDefined())
  expect(saved).toMatchObject({ platform: true, models: [{ upstream_name: 'mock-echo' }] })
})

test('leaving asks before typed text is thrown away', async () => {
  const { router, user } = visit('/t/acme/providers/new?preset=openai')
  await user.type(await screen.findByLabelText('Name'), ' team')
  await user.click(screen.getByRole('button', { name: 'Cancel' }))
  const dialog = await screen.findByRole('dialog')
  await user.click(within(dialog).getByRole('button', { name: 'Throw away' }))
  await waitFor(() => expect(router.state.location.pathname).toBe('/t/acme/providers'))
})

test('an unread list of vendors is told with Retry', async () => {
  server.use(http.get('/api/v1/providers/presets', () => refuse({ status: 500, code: 'internal_error' })))
  const { user } = visit('/t/acme/providers/new')
  expect(await screen.findByText('The list of vendors could not be read.')).toBeVisible()
  server.resetHandlers()
  await user.click(screen.getByRole('button', { name: 'Retry' }))
  expect(await screen.findByRole('button', { name: /OpenAI-compatible/ })).toBeVisible()
})

test('Bedrock asks for a region, which moves its address, and for a pair of AWS keys or its own key', async () => {
  let saved: unknown
  const message = 'expected ACCESS_KEY_ID:SECRET_ACCESS_KEY, or both and :SESSION_TOKEN'
  server.use(
    http.post('/api/v1/providers', async ({ request }) => {
      saved = await request.json()
      const errors = [{ field: 'credentials[0].secret', code: 'invalid', message }]
      return refuse({ status: 400, code: 'validation', errors })
    }),
  )
  const { user } = visit('/t/acme/providers/new?preset=bedrock')
  const region = await screen.findByLabelText('Region')
  const address = screen.getByLabelText('Base URL')
  expect(region).toHaveValue('us-east-1')
  await user.clear(region)
  await user.type(region, 'eu-central-1')
  expect(address).toHaveValue('https://bedrock-runtime.eu-central-1.amazonaws.com')
  await user.clear(address)
  await user.type(address, 'https://bedrock-runtime.us-west-2.amazonaws.com')
  expect(region).toHaveValue('us-west-2')
  const secret = screen.getByLabelText('Access key id and secret access key')
  await user.type(secret, 'AKIAABCDEFGHIJKLMNOP')
  await user.click(screen.getByRole('button', { name: 'Test connection' }))
  expect(await screen.findByText('An access key id, a colon and its secret: AKIA…:…')).toBeInTheDocument()
  await user.type(secret, ':secret')
  await user.click(screen.getByRole('button', { name: 'Save untested' }))
  expect(await screen.findByText(message)).toBeInTheDocument()
  expect(saved).toMatchObject({
    kind: 'bedrock',
    region: 'us-west-2',
    credentials: [{ kind: 'aws_keys', secret: 'AKIAABCDEFGHIJKLMNOP:secret' }],
  })
  await user.click(screen.getByRole('combobox', { name: 'Credential' }))
  await user.click(await screen.findByTitle('Bedrock API key, sent as a bearer token'))
  expect(await screen.findByLabelText('Bedrock API key')).toBeInTheDocument()
})

test('a new credential starts as what the vendor usually takes, however late that is known', async () => {
  server.use(
    http.get('/api/v1/providers/kinds', async () => {
      await delay(50)
      return HttpResponse.json(kinds)
    }),
    answer('get', '/api/v1/providers/:id', { ...provider, kind: 'bedrock' }),
  )
  const { user } = visit(`/t/acme/providers/${provider.id}?tab=credentials`)
  await user.click(await screen.findByRole('button', { name: /Add credential/ }))
  const drawer = await screen.findByRole('dialog')
  expect(within(drawer).getByLabelText('Access key id and secret access key')).toBeInTheDocument()
  expect(within(drawer).getByText('AWS access keys, which sign each call')).toBeInTheDocument()
})
