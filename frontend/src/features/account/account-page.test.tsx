import { screen, waitFor, within } from '@testing-library/react'
import { http, HttpResponse } from 'msw'
import { expect, test } from 'vitest'
import { me } from '../../test/facts'
import { answer, refuse } from '../../test/handlers'
import { visit } from '../../test/render'
import { server } from '../../test/server'
import { device } from './device'

const TOTP = '/api/auth/browser/v1/account/authenticators/totp'
const CODES = '/api/auth/browser/v1/account/authenticators/recovery-codes'

test('preferences are saved together', async () => {
  let sent: unknown
  server.use(
    http.patch('/api/console/me', async ({ request }) => {
      sent = await request.json()
      return HttpResponse.json(me)
    }),
  )
  const { user } = visit('/account')
  const name = await screen.findByLabelText('Name')
  await user.clear(name)
  await user.type(name, 'Wei')
  const profile = name.closest('form') ?? document.body
  await user.click(within(profile).getByRole('button', { name: 'Save' }))
  await waitFor(() => expect(sent).toMatchObject({ display_name: 'Wei', locale: 'en', density: 'compact' }))
})

test('the second factor is proved by a code, then the recovery codes are shown once', async () => {
  server.use(
    http.get(TOTP, () =>
      HttpResponse.json(
        { status: 404, meta: { secret: 'ABC', totp_url: 'otpauth://totp/x?secret=ABC' } },
        { status: 404 },
      ),
    ),
    http.post(TOTP, async ({ request }) => {
      const { code } = (await request.json()) as { code: string }
      if (code === '123456') return HttpResponse.json({ status: 200, data: { type: 'totp' } })
      const errors = [{ message: 'Incorrect code.', code: 'incorrect_code', param: 'code' }]
      return HttpResponse.json({ status: 400, errors }, { status: 400 })
    }),
    answer('get', CODES, {
      status: 200,
      data: { total_code_count: 2, unused_code_count: 2, unused_codes: ['one-1', 'two-2'] },
    }),
  )
  const { user } = visit('/account')
  await user.click(await screen.findByRole('button', { name: 'Turn on' }))
  const dialog = await screen.findByRole('dialog')
  await user.type(within(dialog).getByLabelText('Code from the app'), '000000')
  await user.click(within(dialog).getByRole('button', { name: /Turn on/ }))
  expect(await within(dialog).findByText('This code is wrong or was used already.')).toBeInTheDocument()
  await user.clear(within(dialog).getByLabelText('Code from the app'))
  await user.type(within(dialog).getByLabelText('Code from the app'), '123 456')
  await user.click(within(dialog).getByRole('button', { name: /Turn on/ }))
  expect(await screen.findByText(/one-1/)).toBeInTheDocument()
})

test('whoever must have a second factor sees nothing else', async () => {
  server.use(answer('get', '/api/console/me', { ...me, mfa_required: true }))
  const { router } = visit('/t/acme/keys')
  expect(await screen.findByRole('heading', { name: 'Set up two-step sign-in' })).toBeVisible()
  expect(router.state.location.pathname).toBe('/account')
  expect(screen.queryByRole('navigation')).toBeNull()
  expect(screen.queryByText('Profile')).toBeNull()
})

test('a wrong current password is told at its field', async () => {
  server.use(
    http.post('/api/auth/browser/v1/account/password/change', () =>
      HttpResponse.json(
        {
          status: 400,
          errors: [{ message: 'x', code: 'enter_current_password', param: 'current_password' }],
        },
        { status: 400 },
      ),
    ),
  )
  const { user } = visit('/account')
  await user.type(await screen.findByLabelText('Current password'), 'wrong')
  await user.type(screen.getByLabelText('New password'), 'a new quiet sentence')
  await user.click(screen.getByRole('button', { name: 'Change password' }))
  expect(await screen.findByText('This password is wrong.')).toBeInTheDocument()
})

test('sessions that cannot be read leave the other cards alone', async () => {
  server.use(http.get('/api/v1/sessions', () => refuse({ status: 500, code: 'internal_error' })))
  visit('/account')
  expect(await screen.findByText('The sessions could not be read.')).toBeVisible()
  expect(screen.getByText('Profile')).toBeVisible()
})

test('the running session is marked and cannot be ended alone', async () => {
  visit('/account')
  const row = (await screen.findByText('this one')).closest('li')
  expect(row).toHaveTextContent('Chrome, Linux')
  expect(within(row ?? document.body).queryByRole('button')).toBeNull()
})

test.each([
  ['Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537 Edg/140', 'Edge, Windows'],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19 Safari/604', 'Safari, iOS'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox, Linux'],
  ['curl/8.5.0', 'curl'],
])('%s is called %s', (agent, name) => {
  expect(device(agent)).toBe(name)
})
