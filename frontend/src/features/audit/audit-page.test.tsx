import { screen, within } from '@testing-library/react'
import { http, HttpResponse } from 'msw'
import { expect, test } from 'vitest'
import { audit, me } from '../../test/facts'
import { answer, page } from '../../test/handlers'
import { testPageStates } from '../../test/page-states'
import { visit } from '../../test/render'
import { server } from '../../test/server'
import { rangeStart } from './filters'

testPageStates({
  path: '/t/acme/audit',
  heading: 'Audit log',
  endpoint: '/api/v1/audit',
  unread: 'The audit log could not be read.',
  without: { capabilities: ['key.create_own'], names: /audit\.read_all/ },
})

test('a row opens with both values and what to quote', async () => {
  const { user } = visit('/t/acme/audit')
  await user.click(await screen.findByRole('button', { name: 'key.update' }))
  const drawer = await screen.findByRole('dialog')
  expect(await within(drawer).findByText('old-name')).toBeInTheDocument()
  expect(within(drawer).getByText('req_1')).toBeInTheDocument()
})

test('the chain badge says whether the rows still follow each other', async () => {
  visit('/t/acme/audit')
  expect(await screen.findByText('Chain intact, 7 rows')).toBeVisible()
})

test('a broken chain names its first row', async () => {
  server.use(answer('get', '/api/v1/audit/verify', { chain: 't1', ok: false, rows: 7, first_bad_seq: 5 }))
  visit('/t/acme/audit')
  expect(await screen.findByText('Chain broken at row 5')).toBeVisible()
})

test('filters go to the server as they stand in the address', async () => {
  const asked: URLSearchParams[] = []
  server.use(
    http.get('/api/v1/audit', ({ request }) => {
      asked.push(new URL(request.url).searchParams)
      return HttpResponse.json(page(audit))
    }),
  )
  visit('/t/acme/audit?object_type=key&q=checkout&range=24h')
  await screen.findByRole('button', { name: 'key.update' })
  expect(asked[0]?.get('object_type')).toBe('key')
  expect(asked[0]?.get('q')).toBe('checkout')
  expect(asked[0]?.get('from')).toMatch(/T\d\d:00:00\.000Z$/)
})

test('a filter without rows is not an empty log', async () => {
  server.use(answer('get', '/api/v1/audit', page()))
  visit('/t/acme/audit?q=nothing')
  expect(await screen.findByText('No row matches')).toBeVisible()
})

test('an empty log says what would be here', async () => {
  server.use(answer('get', '/api/v1/audit', page()))
  visit('/t/acme/audit')
  expect(await screen.findByText('Nothing here yet')).toBeVisible()
})

test('somebody who sees only their own actions neither exports nor verifies', async () => {
  server.use(answer('get', '/api/console/me', { ...me, capabilities: ['audit.read_own'] }))
  visit('/t/acme/audit')
  expect(await screen.findByText(/Your own actions/)).toBeVisible()
  expect(screen.queryByRole('button', { name: /Export/ })).toBeNull()
  expect(screen.queryByText(/Chain/)).toBeNull()
})

test('a relative range starts on the hour and an unknown one nowhere', () => {
  expect(rangeStart('24h', Date.parse('2026-11-20T06:05:40Z'))).toBe('2026-11-19T06:00:00.000Z')
  expect(rangeStart(undefined, 0)).toBeUndefined()
})
