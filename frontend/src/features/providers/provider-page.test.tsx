import { screen, waitFor, within } from '@testing-library/react'
import { http, HttpResponse } from 'msw'
import { expect, test } from 'vitest'
import { answer, page, refuse } from '../../test/handlers'
import { credential, mockProvider, provider, upstreamModel } from '../../test/provider-facts'
import { visit } from '../../test/render'
import { server } from '../../test/server'

const PATH = `/t/acme/providers/${provider.id}`

test('the sentence under the name answers whether it serves', async () => {
  visit(PATH)
  expect(await screen.findByRole('heading', { name: 'OpenAI', level: 1 })).toBeVisible()
  expect(screen.getByText('It serves 9 models with 2 of 2 credentials.')).toBeVisible()
  expect(screen.getByText('https://api.openai.com/v1')).toBeVisible()
})

test('one that is down says why', async () => {
  server.use(
    answer('get', '/api/v1/providers/:id', {
      ...provider,
      status: { ...provider.status, state: 'down', reason: 'no_usable_credential' },
      credentials: { total: 1, healthy: 0 },
    }),
  )
  visit(PATH)
  expect(await screen.findByText('It is out of rotation. No usable credential.')).toBeVisible()
})

test('one that is gone says so, one that cannot be read offers Retry', async () => {
  server.use(http.get('/api/v1/providers/:id', () => refuse({ status: 404, code: 'not_found' })))
  visit(PATH)
  expect(await screen.findByText('No such provider')).toBeVisible()
})

test('of a platform’s row a tenant sees name, models and health', async () => {
  server.use(answer('get', '/api/v1/providers/:id', mockProvider))
  visit(`${PATH}?tab=credentials`)
  expect(await screen.findByRole('heading', { name: 'Mock', level: 1 })).toBeVisible()
  expect(screen.getAllByRole('tab').map((tab) => tab.textContent)).toEqual(['Overview', 'Models', 'Health'])
  expect(screen.queryByRole('button', { name: 'Test' })).toBeNull()
})

async function row(action: string) {
  const { user } = visit(`${PATH}?tab=credentials`)
  await user.click(await screen.findByRole('button', { name: 'Actions for primary' }))
  await user.click(await screen.findByRole('menuitem', { name: action }))
  return user
}

test('a credential shows its suffix and its state, never its secret', async () => {
  server.use(
    answer(
      'get',
      '/api/v1/providers/:id/credentials',
      page({ ...credential, state: 'quarantined', last_error: '401 invalid_api_key', duplicate_of: 'old' }),
    ),
  )
  visit(`${PATH}?tab=credentials`)
  const found = await screen.findByRole('row', { name: /primary/ })
  expect(found).toHaveTextContent('…a1f3')
  expect(found).toHaveTextContent('Rejected by the vendor')
  expect(found).toHaveTextContent('401 invalid_api_key')
  expect(found).toHaveTextContent('same as old')
  expect(found).toHaveTextContent('3,000 · — · —')
})

test('a credential is rotated by a call of its own', async () => {
  let sent: unknown
  server.use(
    http.post('/api/v1/providers/:id/credentials/:cid/rotate', async ({ request }) => {
      sent = [request.headers.get('if-match'), await request.json()]
      return HttpResponse.json(credential)
    }),
  )
  const user = await row('Rotate')
  await user.type(await screen.findByLabelText('New secret'), ' sk-proj-new ')
  await user.click(screen.getByRole('button', { name: 'Rotate secret' }))
  expect(await screen.findByText('primary has a new secret')).toBeInTheDocument()
  expect(sent).toEqual(['"2"', { secret: 'sk-proj-new' }])
  expect(document.documentElement.outerHTML).not.toContain('sk-proj-new')
})

test('an edit of a credential carries no secret', async () => {
  let sent: unknown
  server.use(
    http.patch('/api/v1/providers/:id/credentials/:cid', async ({ request }) => {
      sent = await request.json()
      return HttpResponse.json(credential)
    }),
  )
  const user = await row('Edit')
  const weight = await screen.findByLabelText('Weight')
  await user.clear(weight)
  await user.type(weight, '4')
  await user.click(screen.getByRole('button', { name: 'Save' }))
  await waitFor(() => expect(sent).toEqual({ weight: 4 }))
})

test('a credential is added, the refused field marked', async () => {
  const sent: unknown[] = []
  server.use(
    http.post('/api/v1/providers/:id/credentials', async ({ request }) => {
      sent.push(await request.json())
      if (sent.length > 1) return HttpResponse.json(credential, { status: 201 })
      const errors = [{ field: 'name', code: 'name_taken', message: 'taken' }]
      return refuse({ status: 400, code: 'validation', errors })
    }),
  )
  const { user } = visit(`${PATH}?tab=credentials`)
  await user.click(await screen.findByRole('button', { name: /Add credential/ }))
  const drawer = await screen.findByRole('dialog')
  expect(within(drawer).getByLabelText('Label')).toHaveValue('key-2')
  await user.type(within(drawer).getByLabelText('API key'), 'sk-proj-2')
  await user.click(within(drawer).getByRole('button', { name: 'Add credential' }))
  expect(await screen.findByText('This name is taken. Choose another one.')).toBeInTheDocument()
  await user.click(within(drawer).getByRole('button', { name: /Add credential/ }))
  await waitFor(() => expect(sent).toHaveLength(2))
  expect(sent[1]).toEqual({ name: 'key-2', kind: 'api_key', secret: 'sk-proj-2' })
})

test.each([
  ['disable', { ...credential }, 'Disable', 'primary is disabled'],
  ['enable', { ...credential, enabled: false, state: 'disabled' as const }, 'Enable', 'primary is enabled'],
  ['reset', { ...credential, state: 'disabled_auto' as const }, 'Reset', 'primary is tried again'],
  [
    'enable',
    { ...credential, state: 'needs_confirmation' as const },
    'Confirm for the new host',
    'primary is enabled',
  ],
])('%s of a credential, offered in its state', async (how, found, action, done) => {
  server.use(
    answer('get', '/api/v1/providers/:id/credentials', page(found)),
    answer('post', `/api/v1/providers/:id/credentials/:cid/${how}`, found),
  )
  await row(action)
  expect(await screen.findByText(done)).toBeInTheDocument()
})

test('a credential is deleted by its name', async () => {
  server.use(
    http.delete('/api/v1/providers/:id/credentials/:cid', () => new HttpResponse(null, { status: 204 })),
  )
  const user = await row('Delete')
  await user.type(await screen.findByLabelText('Type primary to confirm'), 'primary')
  await user.click(screen.getByRole('button', { name: 'Delete credential' }))
  expect(await screen.findByText('primary is deleted')).toBeInTheDocument()
})

test('a model is edited; what is no JSON object is told before it is sent', async () => {
  let sent: unknown
  server.use(
    http.patch('/api/v1/providers/:id/models/:mid', async ({ request }) => {
      sent = await request.json()
      return HttpResponse.json(upstreamModel)
    }),
  )
  const { user } = visit(`${PATH}?tab=models`)
  const found = await screen.findByRole('row', { name: /gpt-5.6-mini-2026-08-01/ })
  expect(found).toHaveTextContent('400K')
  expect(found).toHaveTextContent('refuses image')
  expect(found).toHaveTextContent('2026-12-11')
  await user.click(within(found).getByRole('button', { name: 'Actions for gpt-5.6-mini' }))
  await user.click(await screen.findByRole('menuitem', { name: 'Edit' }))
  const params = await screen.findByLabelText('Changes to requests')
  await user.clear(params)
  await user.click(params)
  await user.paste('{"force": ')
  await user.click(screen.getByRole('button', { name: 'Save' }))
  expect(await screen.findByText('This is not a JSON object')).toBeInTheDocument()
  await user.paste('{"seed": 1}}')
  await user.click(screen.getByRole('button', { name: 'Save' }))
  await waitFor(() => expect(sent).toEqual({ params: { force: { seed: 1 } } }))
})

test('models are added by name, switched off and deleted', async () => {
  const sent: unknown[] = []
  server.use(
    http.post('/api/v1/providers/:id/models', async ({ request }) => {
      sent.push(await request.json())
      return HttpResponse.json(upstreamModel, { status: 201 })
    }),
    http.patch('/api/v1/providers/:id/models/:mid', async ({ request }) => {
      sent.push(await request.json())
      return HttpResponse.json({ ...upstreamModel, enabled: false })
    }),
    http.delete('/api/v1/providers/:id/models/:mid', () => {
      sent.push('deleted')
      return new HttpResponse(null, { status: 204 })
    }),
  )
  const { user } = visit(`${PATH}?tab=models`)
  await user.click(await screen.findByRole('button', { name: /Add model/ }))
  const drawer = await screen.findByRole('dialog')
  await user.type(within(drawer).getByLabelText('Name at the vendor'), 'o5')
  await user.click(within(drawer).getByRole('button', { name: 'Add model' }))
  await waitFor(() => expect(sent).toEqual([{ upstream_name: 'o5', public_name: 'o5' }]))
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
  await user.click(screen.getByRole('button', { name: 'Actions for gpt-5.6-mini' }))
  await user.click(await screen.findByRole('menuitem', { name: 'Disable' }))
  await waitFor(() => expect(sent[1]).toEqual({ enabled: false }))
  await user.click(screen.getByRole('button', { name: 'Actions for gpt-5.6-mini' }))
  await user.click(await screen.findByRole('menuitem', { name: 'Delete' }))
  await user.click(await screen.findByRole('button', { name: 'Delete model' }))
  await waitFor(() => expect(sent[2]).toBe('deleted'))
})

test('a sync says what came, went and stayed', async () => {
  server.use(
    answer('post', '/api/v1/providers/:id/models/sync', {
      added: ['o6'],
      missing: ['gpt-4'],
      unchanged: 8,
    }),
  )
  const { user } = visit(`${PATH}?tab=models`)
  await user.click(await screen.findByRole('button', { name: /Sync/ }))
  await user.click(await screen.findByRole('button', { name: 'Sync models' }))
  expect(await screen.findByText('1 new, 1 gone from the list, 8 unchanged.')).toBeInTheDocument()
  expect(screen.getByText('o6')).toBeInTheDocument()
})

test('health keeps what probes found, and runs one more', async () => {
  const check = {
    id: 'k1',
    at: '2026-11-19T14:05:32Z',
    mode: 'models',
    ok: false,
    latency_ms: null,
    status: 503,
    detail: 'overloaded',
  }
  let ran = 0
  server.use(
    answer('get', '/api/v1/providers/:id/checks', page(check)),
    http.post('/api/v1/providers/:id/checks', () => {
      ran += 1
      return HttpResponse.json(check)
    }),
  )
  const { user } = visit(`${PATH}?tab=health`)
  const found = await screen.findByRole('row', { name: /overloaded/ })
  expect(found).toHaveTextContent('Failed')
  expect(found).toHaveTextContent('503')
  await user.click(screen.getByRole('button', { name: 'Run now' }))
  await waitFor(() => expect(ran).toBe(1))
})

test('probes are set where their history is', async () => {
  let sent: unknown
  server.use(
    http.patch('/api/v1/providers/:id', async ({ request }) => {
      sent = await request.json()
      return HttpResponse.json(provider)
    }),
  )
  const { user } = visit(`${PATH}?tab=health`)
  const every = await screen.findByLabelText('Every')
  await user.clear(every)
  await user.type(every, '30')
  await user.click(screen.getByRole('button', { name: 'Save' }))
  await waitFor(() => expect(sent).toEqual({ health: { interval_s: 30 } }))
})

test('settings somebody else saved first lead to the conflict view, and mine goes on top', async () => {
  const sent: unknown[] = []
  server.use(
    http.patch('/api/v1/providers/:id', async ({ request }) => {
      sent.push([request.headers.get('if-match'), await request.json()])
      if (sent.length > 1) return HttpResponse.json({ ...provider, name: 'mine', version: 5 })
      server.use(answer('get', '/api/v1/providers/:id', { ...provider, name: 'theirs', version: 4 }))
      return refuse({ status: 412, code: 'version_conflict', current_version: 4, changed_by: 'Maya Chen' })
    }),
  )
  const { user } = visit(`${PATH}?tab=settings`)
  const name = await screen.findByLabelText('Name')
  await user.clear(name)
  await user.type(name, 'mine')
  await user.click(screen.getByRole('button', { name: 'Save' }))
  expect(await screen.findByText(/Maya Chen changed this/)).toBeInTheDocument()
  expect(within(screen.getByRole('dialog')).getByText('theirs')).toBeInTheDocument()
  await user.click(screen.getByRole('button', { name: 'Apply mine on top' }))
  await waitFor(() =>
    expect(sent).toEqual([
      ['"3"', { name: 'mine' }],
      ['"4"', { name: 'mine' }],
    ]),
  )
})

test('what the environment manages is not edited here', async () => {
  server.use(answer('get', '/api/v1/providers/:id', { ...provider, managed_by: 'env' }))
  visit(`${PATH}?tab=settings`)
  expect(await screen.findByText(/comes from environment variables/)).toBeVisible()
  expect(screen.queryByRole('button', { name: 'Save' })).toBeNull()
})
