import { screen, waitFor, within } from '@testing-library/react'
import { http, HttpResponse } from 'msw'
import { expect, test } from 'vitest'
import { showLanguage } from '../i18n/index'
import { me } from '../test/facts'
import { answer, refuse } from '../test/handlers'
import { visit } from '../test/render'
import { server } from '../test/server'
import { firstPage, landing, visibleAreas, visibleNav } from './nav'

const developer = {
  ...me,
  role: 'developer' as const,
  capabilities: ['key.create_own', 'audit.read_own', 'playground.use'],
}
const viewer = {
  ...me,
  role: 'billing_viewer' as const,
  capabilities: ['audit.read_billing', 'cost.read_all'],
}

test('everybody lands on the first page they may see', () => {
  expect(landing(me)).toBe('/t/acme/keys')
  expect(landing(developer)).toBe('/t/acme/dev/keys')
  expect(landing(viewer)).toBe('/t/acme/cost')
  expect(landing({ ...me, capabilities: [] })).toBe('/account')
  expect(landing({ ...me, tenant: null })).toBe('/account')
})

test('the navigation holds what one may open and nothing else', () => {
  const paths = (who: typeof me) =>
    visibleNav('console', who).flatMap(({ items }) => items.map(({ path }) => path))
  expect(paths(me)).toEqual([
    '/requests',
    '/providers',
    '/models',
    '/cost',
    '/keys',
    '/members',
    '/audit',
    '/settings',
  ])
  expect(paths(developer)).toEqual(['/audit'])
  expect(paths(viewer)).toEqual(['/cost', '/audit'])
  expect(visibleAreas(viewer)).toEqual(['console'])
  expect(firstPage('dev', viewer)).toBeNull()
})

test('signed out, a page leads to sign-in and back', async () => {
  server.use(http.get('/api/console/me', () => refuse({ status: 401, code: 'not_authenticated' })))
  const { router } = visit('/t/acme/audit?q=key')
  await waitFor(() => expect(router.state.location.pathname).toBe('/login'))
  expect(router.state.location.search).toBe('?next=%2Ft%2Facme%2Faudit%3Fq%3Dkey')
})

test('a tenant one is no member of is not found', async () => {
  server.use(http.get('/api/console/me', () => refuse({ status: 404, code: 'not_found' })))
  visit('/t/stranger/keys')
  expect(await screen.findByRole('heading', { name: 'Page not found' })).toBeVisible()
})

test('an unknown page keeps the shell', async () => {
  visit('/t/acme/nothing')
  expect(await screen.findByRole('heading', { name: 'Page not found' })).toBeVisible()
  expect(screen.getByRole('navigation', { name: 'Main' })).toBeVisible()
})

test('a server that is down is told on a page of its own', async () => {
  server.use(http.get('/api/console/me', () => refuse({ status: 500, code: 'internal_error' })))
  visit('/t/acme/keys')
  expect(await screen.findByRole('heading', { name: 'This page failed' })).toBeVisible()
  expect(screen.getByText('internal_error · req_42')).toBeVisible()
})

test('the language changes without reload and is kept by the account', async () => {
  let sent: unknown
  server.use(
    http.patch('/api/console/me', async ({ request }) => {
      sent = await request.json()
      return HttpResponse.json(me)
    }),
  )
  const { user } = visit('/t/acme/keys')
  await screen.findByRole('heading', { name: 'API keys' })
  await user.click(screen.getByRole('button', { name: '中文' }))
  expect(await screen.findByRole('heading', { name: 'API 密钥' })).toBeVisible()
  expect(document.documentElement.lang).toBe('zh-CN')
  await waitFor(() => expect(sent).toEqual({ locale: 'zh-CN' }))
  await user.click(screen.getByRole('button', { name: 'EN' }))
  expect(await screen.findByRole('heading', { name: 'API keys' })).toBeVisible()
})

test('a form in progress survives the change of language', async () => {
  const { user } = visit('/t/acme/keys?create=1')
  await user.type(await screen.findByLabelText('Name'), 'half-written')
  await showLanguage('zh-CN')
  expect(await screen.findByLabelText('名称')).toHaveValue('half-written')
})

test('the theme is chosen and written to the document', async () => {
  const { user } = visit('/t/acme/keys')
  await user.click(await screen.findByRole('button', { name: 'Switch to dark' }))
  expect(document.documentElement.dataset['theme']).toBe('dark')
  await user.click(screen.getByRole('button', { name: 'Switch to light' }))
  expect(document.documentElement.dataset['theme']).toBe('light')
})

test('shortcuts go, search and list themselves, and stay quiet while somebody types', async () => {
  const { user, router } = visit('/t/acme/keys')
  await screen.findByRole('row', { name: /checkout-service/ })
  await user.keyboard('gm')
  await waitFor(() => expect(router.state.location.pathname).toBe('/t/acme/members'))
  await screen.findByPlaceholderText('Name or e-mail')
  await user.keyboard('/')
  expect(screen.getByPlaceholderText('Name or e-mail')).toHaveFocus()
  await user.keyboard('gk')
  expect(router.state.location.pathname).toBe('/t/acme/members')
  ;(document.activeElement as HTMLElement).blur()
  await user.keyboard('?')
  expect(await screen.findByText('Go to API keys')).toBeInTheDocument()
  await user.keyboard('{Escape}')
  await waitFor(() => expect(screen.queryByText('Go to API keys')).toBeNull())
})

test('shortcuts can be switched off', async () => {
  server.use(answer('get', '/api/console/me', { ...me, user: { ...me.user, shortcuts: false } }))
  const { user, router } = visit('/t/acme/keys')
  await screen.findByRole('row', { name: /checkout-service/ })
  await user.keyboard('gm')
  expect(router.state.location.pathname).toBe('/t/acme/keys')
})

test('signing out forgets what was read', async () => {
  server.use(answer('delete', '/api/auth/browser/v1/auth/session', { status: 401 }, 401))
  const { user, router } = visit('/t/acme/keys')
  await user.click(await screen.findByRole('button', { name: 'Account menu of Li Wei' }))
  await user.click(await screen.findByRole('menuitem', { name: 'Sign out' }))
  await waitFor(() => expect(router.state.location.pathname).toBe('/login'))
  await waitFor(() => expect(screen.queryByText('checkout-service')).toBeNull())
})

test('several tenants can be switched', async () => {
  const tenants = [...me.tenants, { id: 't2', slug: 'beta', name: 'Beta', role: 'admin', status: 'active' }]
  server.use(
    http.get('/api/console/me', ({ request }) => {
      const slug = request.headers.get('x-switchyard-tenant') ?? 'acme'
      const tenant = { ...me.tenant, slug, name: slug === 'beta' ? 'Beta' : 'Acme' }
      return HttpResponse.json({ ...me, tenants, tenant })
    }),
  )
  const { user, router } = visit('/t/acme/keys')
  await user.click(await screen.findByRole('button', { name: 'Tenant Acme, switch' }))
  await user.click(await screen.findByRole('menuitem', { name: 'Beta' }))
  await waitFor(() => expect(router.state.location.pathname).toBe('/t/beta/keys'))
  const header = screen.getByRole('banner')
  expect(await within(header).findByRole('button', { name: 'Tenant Beta, switch' })).toBeVisible()
})
