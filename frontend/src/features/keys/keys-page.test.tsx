import { screen, waitFor, within } from '@testing-library/react'
import { http, HttpResponse } from 'msw'
import { expect, test } from 'vitest'
import { key, SECRET } from '../../test/facts'
import { answer, page, refuse } from '../../test/handlers'
import { testPageStates } from '../../test/page-states'
import { visit } from '../../test/render'
import { server } from '../../test/server'

testPageStates({
  path: '/t/acme/keys',
  heading: 'API keys',
  endpoint: '/api/v1/keys',
  unread: 'The keys could not be read.',
  without: { capabilities: ['audit.read_billing'], names: /key\.create_any/ },
})

test('a key is a row with its mask, limits and budget, never whole', async () => {
  visit('/t/acme/keys')
  const row = await screen.findByRole('row', { name: /checkout-service/ })
  expect(row).toHaveTextContent('sy-live-abcdefghijkl-…9f2c')
  expect(row).toHaveTextContent('600 · — · —')
  expect(row).toHaveTextContent('$80.00')
  expect(screen.getByText('1 key, 1 active.')).toBeVisible()
})

test('without any key there is one way on', async () => {
  server.use(answer('get', '/api/v1/keys', page()))
  visit('/t/acme/keys')
  expect(await screen.findByText('No keys yet')).toBeVisible()
  expect(screen.getAllByRole('button', { name: /Create key/ })).toHaveLength(1)
  expect(screen.queryByPlaceholderText('Name or id')).toBeNull()
})

test('a filter without rows offers to clear it', async () => {
  server.use(answer('get', '/api/v1/keys', page()))
  const { router, user } = visit('/t/acme/keys?status=revoked')
  const empty = (await screen.findByText('No key matches')).closest<HTMLElement>('.empty')
  await user.click(within(empty ?? document.body).getByRole('button', { name: 'Clear filters' }))
  await waitFor(() => expect(router.state.location.search).toBe(''))
  expect(await screen.findByText('No keys yet')).toBeVisible()
})

test('a created key is shown in the sheet, which closes after it was saved, and leaves nothing behind', async () => {
  let sent: unknown
  server.use(
    http.post('/api/v1/keys', async ({ request }) => {
      sent = await request.json()
      expect(request.headers.get('x-csrftoken')).toBe('csrf-me')
      expect(request.headers.get('x-switchyard-tenant')).toBe('acme')
      return HttpResponse.json({ ...key, key: SECRET }, { status: 201 })
    }),
  )
  const { user } = visit('/t/acme/keys?create=1')
  await user.type(await screen.findByLabelText('Name'), 'checkout-service')
  const drawer = screen.getByRole('dialog')
  await user.click(within(drawer).getByRole('button', { name: 'Create key' }))
  expect(await screen.findByText(SECRET)).toBeInTheDocument()
  expect(sent).toEqual({ name: 'checkout-service', kind: 'client', environment: 'live', owner: 'u1' })
  const done = screen.getByRole('button', { name: 'Done' })
  expect(done).toBeDisabled()
  await user.click(screen.getByRole('button', { name: 'I saved it' }))
  await user.click(done)
  await waitFor(() => expect(screen.queryByText(SECRET)).toBeNull())
  expect(document.documentElement.outerHTML).not.toContain(SECRET)
})

test('a field the server refuses is marked at its place', async () => {
  server.use(
    http.post('/api/v1/keys', () =>
      refuse({
        status: 400,
        code: 'validation',
        errors: [{ field: 'allowed_ips[0]', code: 'invalid', message: "'x' is no address" }],
      }),
    ),
  )
  const { user } = visit('/t/acme/keys?create=1')
  await user.type(await screen.findByLabelText('Name'), 'ci')
  await user.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Create key' }))
  expect(await screen.findByText("'x' is no address")).toBeInTheDocument()
})

test('step-up asks for the password, then the pending action runs by itself', async () => {
  let attempts = 0
  server.use(
    http.post('/api/v1/keys', () => {
      attempts += 1
      if (attempts === 1) return refuse({ status: 403, code: 'step_up_required' })
      return HttpResponse.json({ ...key, key: SECRET }, { status: 201 })
    }),
    answer('post', '/api/auth/browser/v1/auth/reauthenticate', {
      status: 200,
      meta: { is_authenticated: true },
    }),
  )
  const { user } = visit('/t/acme/keys?create=1')
  await user.type(await screen.findByLabelText('Name'), 'ci')
  await user.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Create key' }))
  await user.type(await screen.findByLabelText('Your password'), 'four quiet words')
  await user.click(screen.getByRole('button', { name: 'Continue' }))
  expect(await screen.findByText(SECRET)).toBeInTheDocument()
  expect(attempts).toBe(2)
})

test('a version somebody else wrote leads to the conflict view, and mine goes on top', async () => {
  const versions: (string | null)[] = []
  server.use(
    http.patch('/api/v1/keys/:id', ({ request }) => {
      versions.push(request.headers.get('if-match'))
      if (versions.length === 1) {
        server.use(answer('get', '/api/v1/keys/:id', { ...key, name: 'theirs', version: 4 }))
        return refuse({ status: 412, code: 'version_conflict', current_version: 4, changed_by: 'Maya Chen' })
      }
      return HttpResponse.json({ ...key, name: 'mine', version: 5, propagated: true })
    }),
  )
  const { user } = visit(`/t/acme/keys?edit=${key.id}`)
  const name = await screen.findByLabelText('Name')
  await user.clear(name)
  await user.type(name, 'mine')
  await user.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Save' }))
  expect(await screen.findByText(/Maya Chen changed this/)).toBeInTheDocument()
  expect(screen.getByText('theirs')).toBeInTheDocument()
  await user.click(screen.getByRole('button', { name: 'Apply mine on top' }))
  await waitFor(() => expect(versions).toEqual(['"3"', '"4"']))
})

test('revoking wakes when the name is typed', async () => {
  let revoked = false
  server.use(
    http.post('/api/v1/keys/:id/revoke', () => {
      revoked = true
      return HttpResponse.json({ ...key, status: 'revoked', propagated: true })
    }),
  )
  const { user } = visit('/t/acme/keys')
  await user.click(await screen.findByRole('button', { name: 'Actions for checkout-service' }))
  await user.click(await screen.findByRole('menuitem', { name: 'Revoke' }))
  const go = await screen.findByRole('button', { name: 'Revoke key' })
  expect(go).toBeDisabled()
  await user.type(screen.getByLabelText('Type checkout-service to confirm'), 'checkout-service')
  await user.click(go)
  await waitFor(() => expect(revoked).toBe(true))
})

test.each([
  ['Disable', 'Disable key', 'delete', '/api/v1/keys/:id', 'checkout-service is disabled'],
  ['Revoke', 'Revoke key', 'post', '/api/v1/keys/:id/revoke', 'checkout-service is revoked'],
] as const)('%s tells when a worker has not confirmed it', async (action, button, method, path, title) => {
  server.use(answer(method, path, { ...key, propagated: false }))
  const { user } = visit('/t/acme/keys')
  await user.click(await screen.findByRole('button', { name: 'Actions for checkout-service' }))
  await user.click(await screen.findByRole('menuitem', { name: action }))
  const go = await screen.findByRole('button', { name: button })
  const name = screen.queryByLabelText('Type checkout-service to confirm')
  if (name) await user.type(name, 'checkout-service')
  await user.click(go)
  expect(await screen.findByText('Not in effect everywhere yet')).toBeInTheDocument()
  expect(screen.getByRole('heading', { name: title })).toBeInTheDocument()
  await user.click(screen.getByRole('button', { name: 'Done' }))
  await waitFor(() => expect(screen.queryByText('Not in effect everywhere yet')).toBeNull())
})

test('several keys that were not stopped everywhere are told once', async () => {
  server.use(answer('post', '/api/v1/keys/bulk', { propagated: false, data: [key] }))
  const { user } = visit('/t/acme/keys')
  const row = await screen.findByRole('row', { name: /checkout-service/ })
  await user.click(within(row).getByRole('checkbox'))
  await user.click(screen.getByRole('button', { name: 'Disable' }))
  await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Disable' }))
  expect(await screen.findByText('Not in effect everywhere yet')).toBeInTheDocument()
  await user.click(screen.getByRole('button', { name: 'Done' }))
  await waitFor(() => expect(within(row).getByRole('checkbox')).not.toBeChecked())
})

const PAIR = { access_key_id: 'SYAKABCDEFGHIJKLMNOP', secret_access_key: 'w'.repeat(40) }

async function askForPair() {
  const { user } = visit('/t/acme/keys')
  await user.click(await screen.findByRole('button', { name: 'Actions for checkout-service' }))
  await user.click(await screen.findByRole('menuitem', { name: 'AWS key pair' }))
  return user
}

test('a pair for AWS’s SDKs is shown once, with what to set, and leaves nothing behind', async () => {
  let sent: unknown
  server.use(
    http.post('/api/v1/keys/:id/aws-pair', async ({ request }) => {
      sent = await request.json()
      const told = { id: key.id, ...PAIR, secret_access_key_shown: false, propagated: true }
      return HttpResponse.json(told, { status: 201 })
    }),
  )
  const user = await askForPair()
  await user.click(await screen.findByRole('radio', { name: 'It stops at once' }))
  await user.click(screen.getByRole('button', { name: 'Create pair' }))
  expect(
    await screen.findByRole('heading', { name: 'AWS key pair of “checkout-service” is ready' }),
  ).toBeInTheDocument()
  expect(sent).toEqual({ overlap_s: 0 })
  const shell = screen.getByRole('region', { name: 'Shell' })
  expect(shell).toHaveTextContent('export AWS_ENDPOINT_URL_BEDROCK_RUNTIME=http://localhost export')
  expect(shell).toHaveTextContent(`export AWS_ACCESS_KEY_ID=${PAIR.access_key_id}`)
  expect(shell).toHaveTextContent(`export AWS_SECRET_ACCESS_KEY=${PAIR.secret_access_key}`)
  const done = screen.getByRole('button', { name: 'Done' })
  expect(done).toBeDisabled()
  await user.click(screen.getByRole('button', { name: 'I saved it' }))
  await user.click(done)
  await waitFor(() => expect(document.documentElement.outerHTML).not.toContain(PAIR.secret_access_key))
})

test('a refused pair says why, and the dialog stays', async () => {
  server.use(http.post('/api/v1/keys/:id/aws-pair', () => refuse({ status: 403, code: 'permission_denied' })))
  const user = await askForPair()
  await user.click(await screen.findByRole('button', { name: 'Create pair' }))
  expect(await screen.findByRole('alert')).toHaveTextContent('You have no permission for this.')
  await user.click(screen.getByRole('button', { name: 'Cancel' }))
  await waitFor(() => expect(screen.queryByRole('button', { name: 'Create pair' })).toBeNull())
})

test('a management key has no pair', async () => {
  server.use(answer('get', '/api/v1/keys', page({ ...key, kind: 'management' })))
  const { user } = visit('/t/acme/keys')
  await user.click(await screen.findByRole('button', { name: 'Actions for checkout-service' }))
  expect(await screen.findByRole('menuitem', { name: 'Rotate' })).toBeInTheDocument()
  expect(screen.queryByRole('menuitem', { name: 'AWS key pair' })).toBeNull()
})
