import { screen, waitFor } from '@testing-library/react'
import { http, HttpResponse } from 'msw'
import { expect, test } from 'vitest'
import { tenant } from '../../test/facts'
import { answer, refuse } from '../../test/handlers'
import { testPageStates } from '../../test/page-states'
import { visit } from '../../test/render'
import { server } from '../../test/server'

testPageStates({
  path: '/t/acme/settings',
  heading: 'Settings',
  endpoint: '/api/v1/tenant',
  unread: 'The settings could not be read.',
  without: { capabilities: ['member.write'], names: /tenant\.settings/ },
})

test('saving sends what changed, with the version it was changed from', async () => {
  let sent: unknown
  server.use(
    http.patch('/api/v1/tenant', async ({ request }) => {
      sent = { match: request.headers.get('if-match'), body: await request.json() }
      return HttpResponse.json({ ...tenant, name: 'Acme Robotics', version: 5 })
    }),
  )
  const { user } = visit('/t/acme/settings')
  const name = await screen.findByLabelText('Name')
  await user.clear(name)
  await user.type(name, 'Acme Robotics')
  await user.click(screen.getByRole('button', { name: 'Save' }))
  expect(await screen.findByText('Settings saved')).toBeInTheDocument()
  expect(sent).toEqual({ match: '"4"', body: { name: 'Acme Robotics' } })
})

test('a change by somebody else is shown, and theirs can be taken', async () => {
  server.use(
    http.patch('/api/v1/tenant', () => {
      server.use(answer('get', '/api/v1/tenant', { ...tenant, name: 'Theirs', version: 9 }))
      return refuse({ status: 412, code: 'version_conflict', changed_by: { label: 'Maya Chen' } })
    }),
  )
  const { user } = visit('/t/acme/settings')
  const name = await screen.findByLabelText('Name')
  await user.clear(name)
  await user.type(name, 'Mine')
  await user.click(screen.getByRole('button', { name: 'Save' }))
  await user.click(await screen.findByRole('button', { name: 'Take theirs' }))
  await waitFor(() => expect(screen.getByLabelText('Name')).toHaveValue('Theirs'))
})

test('the security tab is its own address', async () => {
  visit('/t/acme/settings?tab=security')
  expect(await screen.findByLabelText('Session length, hours')).toHaveValue('12')
})

test('what becomes of reasoning is the tenant’s to say', async () => {
  let sent: unknown
  server.use(
    http.patch('/api/v1/tenant', async ({ request }) => {
      sent = await request.json()
      return HttpResponse.json({ ...tenant, foreign_reasoning: 'text', version: 5 })
    }),
  )
  const { user } = visit('/t/acme/settings?tab=reasoning')
  await user.click(await screen.findByLabelText('Reasoning of another vendor'))
  await user.click(await screen.findByText('Send it as text'))
  await user.click(screen.getByRole('button', { name: 'Save' }))
  expect(await screen.findByText('Settings saved')).toBeInTheDocument()
  expect(sent).toEqual({ foreign_reasoning: 'text' })
})
