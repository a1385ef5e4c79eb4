import { screen, waitFor, within } from '@testing-library/react'
import { http, HttpResponse } from 'msw'
import { expect, test } from 'vitest'
import { invite, me, member } from '../../test/facts'
import { answer, page, refuse } from '../../test/handlers'
import { testPageStates } from '../../test/page-states'
import { visit } from '../../test/render'
import { server } from '../../test/server'

testPageStates({
  path: '/t/acme/members',
  heading: 'Members',
  endpoint: '/api/v1/members',
  unread: 'The members could not be read.',
  without: { capabilities: ['key.create_own'], names: /member\.write/ },
})

test('a person is a row with role, teams, second factor and keys', async () => {
  visit('/t/acme/members')
  const row = await screen.findByRole('row', { name: /王芳/ })
  for (const text of ['Developer', 'Active', 'Search', 'On', '2']) expect(row).toHaveTextContent(text)
})

test('a search without people offers to clear it', async () => {
  server.use(answer('get', '/api/v1/members', page()))
  visit('/t/acme/members?q=nobody')
  expect(await screen.findByText('No member matches')).toBeVisible()
})

test('without e-mail the invitation is a link to copy', async () => {
  server.use(
    http.post('/api/v1/invites', async ({ request }) => {
      expect(await request.json()).toEqual({ email: 'maya.chen@acme.example', role: 'developer' })
      return HttpResponse.json(
        { ...invite, email_sent: false, link: '/accept-invite?token=abc' },
        { status: 201 },
      )
    }),
  )
  const { user } = visit('/t/acme/members')
  await user.click(await screen.findByRole('button', { name: 'user-add Invite' }))
  const drawer = await screen.findByRole('dialog')
  await user.type(within(drawer).getByLabelText('E-mail'), 'maya.chen@acme.example')
  await user.click(within(drawer).getByRole('button', { name: 'Invite' }))
  expect(await screen.findByText('http://localhost/accept-invite?token=abc')).toBeInTheDocument()
})

test('removing says what becomes of the keys and waits for the name', async () => {
  server.use(answer('delete', '/api/v1/members/:id', { keys_disabled: 2 }))
  const { user } = visit('/t/acme/members')
  await user.click(await screen.findByRole('button', { name: 'Actions for 王芳' }))
  await user.click(await screen.findByRole('menuitem', { name: 'Remove' }))
  expect(await screen.findByText('2 keys of this person are disabled.')).toBeInTheDocument()
  await user.type(screen.getByLabelText('Type 王芳 to confirm'), '王芳')
  await user.click(screen.getByRole('button', { name: 'Remove member' }))
  expect(await screen.findByText('王芳 removed, 2 keys disabled')).toBeInTheDocument()
})

test('the last owner cannot be disabled, and the page says why', async () => {
  server.use(
    answer('get', '/api/v1/members', page({ ...member, role: 'owner' })),
    http.patch('/api/v1/members/:id', () => refuse({ status: 409, code: 'last_owner' })),
  )
  const { user } = visit('/t/acme/members')
  await user.click(await screen.findByRole('button', { name: 'Actions for 王芳' }))
  await user.click(await screen.findByRole('menuitem', { name: 'Disable' }))
  await user.click(await screen.findByRole('button', { name: 'Disable member' }))
  expect(await screen.findByText(/A tenant needs an active owner/)).toBeInTheDocument()
})

test('an admin neither touches owners nor makes them', async () => {
  server.use(
    answer('get', '/api/console/me', { ...me, role: 'admin' }),
    answer('get', '/api/v1/members', page({ ...member, role: 'owner' })),
  )
  visit('/t/acme/members')
  await screen.findByRole('row', { name: /王芳/ })
  expect(screen.queryByRole('button', { name: 'Actions for 王芳' })).toBeNull()
})

test('pending invites can be sent again and withdrawn', async () => {
  let withdrawn = false
  server.use(
    http.post('/api/v1/invites/:id/revoke', () => {
      withdrawn = true
      return HttpResponse.json({ ...invite, status: 'revoked' })
    }),
  )
  const { user } = visit('/t/acme/members?tab=invites')
  await user.click(await screen.findByRole('button', { name: 'Actions for maya.chen@acme.example' }))
  expect(await screen.findByRole('menuitem', { name: 'Send again' })).toBeInTheDocument()
  await user.click(screen.getByRole('menuitem', { name: 'Withdraw' }))
  await waitFor(() => expect(withdrawn).toBe(true))
})

test('without teams there is one sentence and the field to make one', async () => {
  server.use(answer('get', '/api/v1/teams', page()))
  visit('/t/acme/members?tab=teams')
  expect(await screen.findByText('No teams yet')).toBeVisible()
  expect(screen.getByLabelText('Team name')).toBeVisible()
})
