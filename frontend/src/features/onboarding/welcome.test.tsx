import { screen, waitFor } from '@testing-library/react'
import { http, HttpResponse } from 'msw'
import { expect, test } from 'vitest'
import { key, me, SECRET } from '../../test/facts'
import { answer, refuse } from '../../test/handlers'
import { failedTest, passedTest, provider } from '../../test/provider-facts'
import { visit } from '../../test/render'
import { server } from '../../test/server'
import { chatModel, textReader } from './first-run'

const chunk = (content: string) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`

test('text is read from a stream, however it is cut', () => {
  const whole = `: ping\n\n${chunk('Hel')}${chunk('lo')}data: {"choices":[],"usage":{}}\n\ndata: [DONE]\n\n`
  for (let cut = 0; cut <= whole.length; cut += 1) {
    const read = textReader()
    expect(read(whole.slice(0, cut)) + read(whole.slice(cut))).toBe('Hello')
  }
})

test('of a vendor’s list the first model one can talk to is asked', () => {
  expect(chatModel(['text-embedding-3-small', 'whisper-1', 'gpt-5.6'])).toBe('gpt-5.6')
  expect(chatModel(['text-embedding-3-small'])).toBeNull()
})

test('with the mock: one click to the key, one to the first answer', async () => {
  const sent: unknown[] = []
  server.use(
    http.post('/api/v1/keys', async ({ request }) => {
      sent.push(await request.json())
      return HttpResponse.json({ ...key, name: 'first key', key: SECRET, propagated: true }, { status: 201 })
    }),
    http.post('/api/console/run', async ({ request }) => {
      sent.push(await request.json(), request.headers.get('x-csrftoken'))
      return new HttpResponse(chunk('Hello') + chunk(' there'), {
        headers: { 'content-type': 'text/event-stream' },
      })
    }),
  )
  const { router, user } = visit('/t/acme/welcome')
  expect(await screen.findByRole('img', { name: 'Step 2 of 3' })).toBeVisible()
  await user.click(screen.getByRole('button', { name: 'Continue with the mock provider' }))
  expect(await screen.findByText(SECRET)).toBeInTheDocument()
  expect(screen.getByText('Budget: $80.00 a month')).toBeInTheDocument()
  await user.click(screen.getByRole('button', { name: /Send it for me/ }))
  expect(await screen.findByText('Hello there')).toBeInTheDocument()
  expect(screen.getByText('It worked')).toBeInTheDocument()
  expect(screen.getByText(/first token after \d+/)).toBeInTheDocument()
  expect(sent).toEqual([
    { name: 'first key', kind: 'client', environment: 'live', owner: 'u1', monthly_budget: '5' },
    {
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { 'content-type': 'application/json' },
      body: {
        model: 'mock-echo',
        stream: true,
        messages: [{ role: 'user', content: 'Say hello in one word.' }],
      },
    },
    expect.stringMatching(/^csrf-/),
  ])
  await user.click(screen.getByRole('button', { name: 'I saved it' }))
  await user.click(screen.getByRole('button', { name: 'Done' }))
  await waitFor(() => expect(router.state.location.pathname).toBe('/t/acme/keys'))
  expect(document.documentElement.outerHTML.includes(SECRET)).toBe(false)
})

test('a request that fails says what the gateway said, and can be repeated', async () => {
  server.use(
    http.post('/api/console/run', () =>
      HttpResponse.json(
        { error: { message: 'No target serves mock-echo.', code: 'no_candidate' } },
        { status: 503 },
      ),
    ),
  )
  const { user } = visit('/t/acme/welcome')
  await user.click(await screen.findByRole('button', { name: 'Continue with the mock provider' }))
  await user.click(await screen.findByRole('button', { name: /Send it for me/ }))
  expect(await screen.findByText('It did not work')).toBeInTheDocument()
  expect(screen.getByText(/No target serves mock-echo\. no_candidate/)).toBeInTheDocument()
  expect(screen.getByRole('button', { name: /Send again/ })).toBeInTheDocument()
})

test('a pasted key is tested when typing stops, connected with its models, and asked', async () => {
  const sent: unknown[] = []
  server.use(
    http.post('/api/v1/providers/test', async ({ request }) => {
      const form = (await request.json()) as { secret: string }
      return HttpResponse.json(form.secret.includes('wrong') ? failedTest : passedTest)
    }),
    http.post('/api/v1/providers', async ({ request }) => {
      sent.push(await request.json())
      return HttpResponse.json(provider, { status: 201 })
    }),
  )
  const { user } = visit('/t/acme/welcome')
  const field = await screen.findByLabelText('Paste an API key of a vendor')
  await user.click(field)
  await user.paste('sk-proj-wrong-key')
  expect(await screen.findByText('OpenAI answered 401')).toBeVisible()
  expect(screen.getByText(/Check that the whole key was pasted/)).toBeVisible()
  expect(screen.getByRole('button', { name: 'Connect OpenAI and continue' })).toBeDisabled()
  await user.clear(field)
  await user.paste('sk-proj-right-key')
  expect(await screen.findByText(/OpenAI: 2 models/)).toBeVisible()
  await user.click(screen.getByRole('button', { name: 'Connect OpenAI and continue' }))
  expect(await screen.findByText(SECRET)).toBeInTheDocument()
  expect(screen.getByText(/Sends “Say hello in one word.” to gpt-5.6,/)).toBeInTheDocument()
  expect(sent).toEqual([
    {
      kind: 'openai',
      name: 'OpenAI',
      slug: 'openai',
      base_url: 'https://api.openai.com/v1',
      credentials: [{ name: 'primary', kind: 'api_key', secret: 'sk-proj-right-key' }],
      models: [
        { upstream_name: 'gpt-5.6', public_name: 'gpt-5.6' },
        { upstream_name: 'gpt-5.6-mini', public_name: 'gpt-5.6-mini' },
      ],
    },
  ])
})

test('a key whose prefix says nothing asks for its vendor', async () => {
  const { user } = visit('/t/acme/welcome')
  await user.click(await screen.findByLabelText('Paste an API key of a vendor'))
  await user.paste('abcdef')
  expect(await screen.findByRole('combobox', { name: 'Vendor' })).toBeVisible()
})

test('a key that cannot be made is told, and the console is one click away', async () => {
  server.use(http.post('/api/v1/keys', () => refuse({ status: 503, code: 'unavailable' })))
  const { router, user } = visit('/t/acme/welcome')
  await user.click(await screen.findByRole('button', { name: 'Continue with the mock provider' }))
  expect(await screen.findByRole('alert')).toHaveTextContent('The server is starting or busy')
  await user.click(screen.getByRole('button', { name: 'Skip to the console' }))
  await waitFor(() => expect(router.state.location.pathname).toBe('/t/acme/keys'))
})

test('who may not connect providers is not welcomed to do so', async () => {
  server.use(answer('get', '/api/console/me', { ...me, capabilities: ['key.create_own'] }))
  visit('/t/acme/welcome')
  expect(await screen.findByRole('heading', { name: 'No permission' })).toBeVisible()
})
