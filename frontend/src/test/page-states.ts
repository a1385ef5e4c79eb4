import { screen, waitFor } from '@testing-library/react'
import { http, HttpResponse } from 'msw'
import { expect, test } from 'vitest'
import { me } from './facts'
import { answer, page, refuse } from './handlers'
import { visit } from './render'
import { server } from './server'

interface PageCase {
  path: string
  heading: string
  /** What the page cannot live without. */
  endpoint: string
  unread: string
  /** Capabilities of somebody who may not see it. */
  without: { capabilities: string[]; names: RegExp }
}

/** The states every page has: loading, error with Retry, no permission (CO-7, CO-9, CO-5). */
export function testPageStates({ path, heading, endpoint, unread, without }: PageCase): void {
  test('loading shows bars in the place of what comes', async () => {
    server.use(http.get(endpoint, () => new Promise(() => undefined)))
    visit(path)
    await screen.findByRole('heading', { name: heading, level: 1 })
    await waitFor(() => expect(document.querySelectorAll('.card .bar').length).toBeGreaterThan(0))
    expect(document.title).toBe(`${heading} · Switchyard`)
  })

  test('a failure is told in its block, with what to quote and Retry', async () => {
    server.use(http.get(endpoint, () => refuse({ status: 500, code: 'internal_error' })))
    const { user } = visit(path)
    expect(await screen.findByText(unread)).toBeVisible()
    expect(screen.getByText('internal_error · req_42')).toBeVisible()
    expect(screen.getByRole('heading', { name: heading, level: 1 })).toBeVisible()
    server.resetHandlers()
    await user.click(screen.getByRole('button', { name: 'Retry' }))
    await waitFor(() => expect(screen.queryByText(unread)).toBeNull())
  })

  test('without the capability the page is not there and asks for nothing', async () => {
    let asked = 0
    server.use(
      answer('get', '/api/console/me', { ...me, capabilities: without.capabilities }),
      http.get(endpoint, () => {
        asked += 1
        return HttpResponse.json(page())
      }),
    )
    visit(path)
    expect(await screen.findByRole('heading', { name: 'No permission' })).toBeVisible()
    expect(screen.getByText(without.names)).toBeVisible()
    expect(asked).toBe(0)
  })
}
