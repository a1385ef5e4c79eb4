import { screen, waitFor } from '@testing-library/react'
import { http } from 'msw'
import { expect, test } from 'vitest'
import { refuse } from '../../test/handlers'
import { visit } from '../../test/render'
import { server } from '../../test/server'

test('every code has its meaning, cause and fix, for anybody', async () => {
  visit('/docs/errors')
  const row = await screen.findByRole('row', { name: /validation/ })
  for (const text of ['400', 'A field is wrong.', 'A typo.', 'Read errors[].', 'no'])
    expect(row).toHaveTextContent(text)
})

test('the code behind the # is marked', async () => {
  visit('/docs/errors#unavailable')
  const row = await screen.findByRole('row', { name: /unavailable/ })
  expect(row).toHaveClass('ant-table-row-selected')
})

test('a word narrows the list, and an unknown one offers to clear', async () => {
  const { user, router } = visit('/docs/errors?q=starting')
  expect(await screen.findByText('unavailable')).toBeVisible()
  expect(screen.queryByText('validation')).toBeNull()
  await user.type(screen.getByPlaceholderText('Code or word'), ' of the day')
  expect(await screen.findByText('No code matches')).toBeVisible()
  await waitFor(() => expect(router.state.location.search).toBe('?q=starting+of+the+day'))
})

test('a failure is told with Retry', async () => {
  server.use(http.get('/api/console/error-codes', () => refuse({ status: 500, code: 'internal_error' })))
  visit('/docs/errors')
  expect(await screen.findByText('The codes could not be read.')).toBeVisible()
})
