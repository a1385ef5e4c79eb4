import { screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import { visit } from '../test/render'

test('the sheet of states shows each part, with long names and foreign letters intact', async () => {
  visit('/__states')
  expect(await screen.findByRole('heading', { name: 'States' })).toBeVisible()
  expect(screen.getAllByRole('heading', { level: 2 }).map(({ textContent }) => textContent)).toContain(
    'Empty',
  )
  expect(document.querySelector('script')).toBeNull()
})
