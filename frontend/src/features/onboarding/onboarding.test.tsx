import { screen, waitFor } from '@testing-library/react'
import { http, HttpResponse } from 'msw'
import { afterEach, expect, test } from 'vitest'
import { dropOneTimeToken, oneTimeToken, takeOneTimeToken } from '../../api/one-time-token'
import { boot } from '../../test/facts'
import { answer, refuse } from '../../test/handlers'
import { visit } from '../../test/render'
import { server } from '../../test/server'

function follow(link: string): void {
  window.history.replaceState(null, '', link)
  takeOneTimeToken()
}

afterEach(dropOneTimeToken)

const fresh = answer('get', '/api/console/boot', {
  ...boot,
  setup_required: true,
  components: [
    { name: 'postgres', state: 'ok' },
    { name: 'cache', state: 'unreachable' },
  ],
})

test('a one-time token leaves the address before anything is shown', () => {
  follow('/setup?token=secret&x=1')
  expect(window.location.href).not.toContain('secret')
  expect(window.location.search).toBe('?x=1')
  expect(oneTimeToken('/setup')).toBe('secret')
  expect(oneTimeToken('/reset')).toBeNull()
})

test('the owner is made with what the browser knows, and lands in the console', async () => {
  let sent: unknown
  server.use(
    fresh,
    http.post('/api/console/setup', async ({ request }) => {
      sent = await request.json()
      return HttpResponse.json(
        { tenant: { id: 't1', slug: 'acme', name: 'Acme' }, user: {} },
        { status: 201 },
      )
    }),
  )
  follow('/setup?token=secret')
  const { user, router } = visit('/setup')
  await user.type(await screen.findByLabelText('E-mail'), 'li.wei@acme.example')
  await user.type(screen.getByLabelText('Password'), 'four quiet words')
  await user.type(screen.getByLabelText('Tenant'), 'Acme')
  expect(screen.getByText('Starting up')).toBeVisible()
  await user.click(screen.getByRole('button', { name: 'Create and continue' }))
  await waitFor(() => expect(router.state.location.pathname).toBe('/t/acme/welcome'))
  expect(sent).toMatchObject({
    token: 'secret',
    email: 'li.wei@acme.example',
    tenant: 'Acme',
    locale: 'en',
    currency: 'USD',
  })
  expect(oneTimeToken('/setup')).toBeNull()
})

test.each([
  ['setup_token_expired', 'This set-up link has expired'],
  ['setup_token_used', 'This set-up link was used already'],
])('%s names the command for a new link', async (code, title) => {
  server.use(
    fresh,
    http.post('/api/console/setup', () => refuse({ status: 410, code })),
  )
  follow('/setup?token=secret')
  const { user } = visit('/setup')
  await user.type(await screen.findByLabelText('E-mail'), 'li.wei@acme.example')
  await user.type(screen.getByLabelText('Password'), 'four quiet words')
  await user.type(screen.getByLabelText('Tenant'), 'Acme')
  await user.click(screen.getByRole('button', { name: 'Create and continue' }))
  expect(await screen.findByRole('heading', { name: title })).toBeVisible()
  expect(screen.getByText('switchyard setup-link')).toBeVisible()
})

test('a set-up installation shows the way to sign in', async () => {
  follow('/setup?token=secret')
  visit('/setup')
  expect(await screen.findByRole('heading', { name: 'This installation is set up' })).toBeVisible()
})

const preview = {
  email: 'maya.chen@acme.example',
  role: 'admin',
  tenant: { name: 'Acme' },
  user_exists: false,
}

test('an invited person chooses name and password and is in', async () => {
  server.use(
    answer('get', '/api/console/invite', preview),
    answer('post', '/api/console/accept-invite', { tenant: { slug: 'acme' } }),
  )
  follow('/accept-invite?token=abc')
  const { user, router } = visit('/accept-invite')
  await user.type(await screen.findByLabelText('Your name'), 'Maya')
  await user.type(screen.getByLabelText('Password'), 'four quiet words')
  await user.click(screen.getByRole('button', { name: 'Join' }))
  await waitFor(() => expect(router.state.location.pathname).toBe('/t/acme/keys'))
})

test('an invitation for an account asks to sign in with it first', async () => {
  server.use(
    answer('get', '/api/console/invite', { ...preview, user_exists: true }),
    http.post('/api/console/accept-invite', () => refuse({ status: 401, code: 'sign_in_required' })),
    answer('delete', '/api/auth/browser/v1/auth/session', { status: 401, data: { flows: [] } }, 401),
  )
  follow('/accept-invite?token=abc')
  const { user, router } = visit('/accept-invite')
  await user.click(await screen.findByRole('button', { name: 'Join' }))
  await user.click(await screen.findByRole('button', { name: /Go to sign-in/ }))
  await waitFor(() => expect(router.state.location.pathname).toBe('/login'))
  expect(await screen.findByLabelText('E-mail')).toHaveValue('maya.chen@acme.example')
  expect(oneTimeToken('/accept-invite')).toBe('abc')
})

test.each([
  ['invite_used', 410, 'This invitation was used already'],
  ['invite_expired', 410, 'This invitation has expired'],
  ['invite_revoked', 410, 'This invitation was withdrawn'],
  ['invite_not_found', 404, 'This invitation is not valid'],
])('%s has a page of its own', async (code, status, title) => {
  server.use(http.get('/api/console/invite', () => refuse({ status, code })))
  follow('/accept-invite?token=abc')
  visit('/accept-invite')
  expect(await screen.findByRole('heading', { name: title })).toBeVisible()
})
