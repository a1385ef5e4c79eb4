import { screen, waitFor } from '@testing-library/react'
import { http, HttpResponse } from 'msw'
import { expect, test } from 'vitest'
import { boot } from '../../test/facts'
import { answer, refuse } from '../../test/handlers'
import { visit } from '../../test/render'
import { server } from '../../test/server'
import { safeNext } from './next'

const LOGIN = '/api/auth/browser/v1/auth/login'

async function enter(user: ReturnType<typeof visit>['user']): Promise<void> {
  await user.type(await screen.findByLabelText('E-mail'), 'li.wei@acme.example')
  await user.type(screen.getByLabelText('Password'), 'four quiet words')
  await user.click(screen.getByRole('button', { name: 'Sign in' }))
}

test('signing in leads to where one wanted to go', async () => {
  server.use(answer('post', LOGIN, { status: 200, meta: { is_authenticated: true } }))
  const { user, router } = visit('/login?next=%2Ft%2Facme%2Faudit')
  await enter(user)
  await waitFor(() => expect(router.state.location.pathname).toBe('/t/acme/audit'))
})

test('wrong credentials get one constant sentence and an empty password', async () => {
  server.use(
    http.post(LOGIN, () =>
      HttpResponse.json(
        { status: 400, errors: [{ message: 'x', code: 'email_password_mismatch', param: 'password' }] },
        { status: 400 },
      ),
    ),
  )
  const { user } = visit('/login')
  await enter(user)
  expect(await screen.findByText('E-mail or password is wrong.')).toBeVisible()
  expect(screen.getByLabelText('Password')).toHaveValue('')
})

test('a lock shows the wait and takes no further attempt', async () => {
  server.use(http.post(LOGIN, () => refuse({ status: 429, code: 'login_locked', retry_after: 892 })))
  const { user } = visit('/login')
  await enter(user)
  expect(await screen.findByText(/Try again in 14:5\d/)).toBeVisible()
  expect(screen.getByRole('button', { name: /Sign in/ })).toBeDisabled()
})

test('with a second factor the code is asked for, or a recovery code', async () => {
  server.use(
    answer(
      'post',
      LOGIN,
      {
        status: 401,
        data: { flows: [{ id: 'mfa_authenticate', is_pending: true }] },
        meta: { is_authenticated: false },
      },
      401,
    ),
    answer('post', '/api/auth/browser/v1/auth/2fa/authenticate', {
      status: 200,
      meta: { is_authenticated: true },
    }),
  )
  const { user, router } = visit('/login')
  await enter(user)
  await user.type(await screen.findByLabelText('Code from your app'), '123456')
  await user.click(screen.getByRole('button', { name: 'Use a recovery code' }))
  expect(screen.getByLabelText('Recovery code')).toHaveValue('')
  await user.type(screen.getByLabelText('Recovery code'), 'one-1')
  await user.click(screen.getByRole('button', { name: 'Verify' }))
  await waitFor(() => expect(router.state.location.pathname).toBe('/t/acme/keys'))
})

test('without e-mail there is no reset link, and its page says what to run', async () => {
  server.use(answer('get', '/api/console/boot', { ...boot, sign_in: { password: true, email_reset: false } }))
  visit('/login')
  await screen.findByLabelText('E-mail')
  expect(screen.queryByText('Forgot password?')).toBeNull()
  visit('/forgot')
  expect(await screen.findByText('switchyard users reset EMAIL')).toBeVisible()
})

test('an unreachable server is told as such', async () => {
  server.use(http.post(LOGIN, () => HttpResponse.error()))
  const { user } = visit('/login')
  await enter(user)
  expect(await screen.findByText(/The server did not answer/)).toBeVisible()
})

test('a reset link without its token is dead', async () => {
  visit('/reset')
  expect(await screen.findByRole('heading', { name: 'This link no longer works' })).toBeVisible()
})

test.each([
  ['/t/acme/keys?status=active', '/t/acme/keys?status=active'],
  ['https://evil.example', '/'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  [null, '/'],
])('after sign-in %s leads to %s', (next, way) => {
  expect(safeNext(next)).toBe(way)
})
