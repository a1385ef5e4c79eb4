import { expect, test, type Page } from '@playwright/test'
import { baseUrl, OWNER_STATE, recall, remember } from './people'

test.use({ storageState: OWNER_STATE })
test.describe.configure({ mode: 'serial' })

/** Two seconds on an idle machine (CO-28); this one has two cores and other things to do. */
const SEEN_MS = 10_000
const MODEL = 'mock-echo'

const listUrl = (query = '') => `${baseUrl()}/t/${recall().tenant}/requests${query}`
const rowOf = (page: Page, id: string) => page.locator(`tr[data-id="${id}"]`)

/** Of the signed-in person, through the gateway; the id of its answer. */
async function ask(page: Page, model: string): Promise<string> {
  return page.evaluate(async (name) => {
    const boot = (await (await fetch('/api/console/boot')).json()) as { csrf: string }
    const response = await fetch('/api/console/run', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-csrftoken': boot.csrf },
      body: JSON.stringify({
        method: 'POST',
        path: '/v1/chat/completions',
        body: { model: name, messages: [{ role: 'user', content: 'Say hello.' }] },
      }),
    })
    await response.text()
    return response.headers.get('x-request-id') ?? ''
  }, model)
}

test('a request appears by itself, with where its time went and its receipt', async ({ page }) => {
  await page.goto(listUrl())
  await expect(page.locator('.live')).toHaveText('Live')
  const id = await ask(page, MODEL)
  expect(id).toMatch(/^req_[0-9a-f]{32}$/)
  remember({ request: id })
  const row = rowOf(page, id)
  await expect(row).toContainText(MODEL, { timeout: SEEN_MS })
  await expect(row).toContainText('OK')

  await row.click()
  const drawer = page.getByRole('dialog')
  await expect(drawer).toContainText(id)
  await expect(drawer.getByRole('region', { name: 'Where the time went' })).toContainText('Gateway')
  await expect(drawer.getByRole('region', { name: 'Attempts' })).toContainText(MODEL)
  await expect(drawer.getByRole('button', { name: 'Download receipt' })).toBeVisible()
  await expect(drawer).toContainText('Input, uncached')

  await drawer.getByRole('link', { name: 'Full page' }).click()
  await expect(page.getByRole('heading', { name: id, level: 1 })).toBeVisible()
  await page.reload()
  await expect(page.getByRole('region', { name: 'Where the time went' })).toBeVisible()
})

test('the filter is in the address, survives a reload, and holds for what happens', async ({ page }) => {
  await page.goto(listUrl())
  const answered = await ask(page, MODEL)
  const refused = await ask(page, 'no-such-model')
  await expect(rowOf(page, refused)).toBeVisible({ timeout: SEEN_MS })
  await expect(rowOf(page, answered)).toBeVisible()
  await page.getByRole('tab', { name: 'Errors' }).click()
  await expect(page).toHaveURL(/status=error/)
  await expect(rowOf(page, answered)).toHaveCount(0)
  await page.reload()
  await expect(page.getByRole('tab', { name: 'Errors' })).toHaveAttribute('aria-selected', 'true')
  await expect(rowOf(page, refused)).toBeVisible()

  await expect(page.locator('.live')).toHaveText('Live')
  const answeredLater = await ask(page, MODEL)
  const refusedLater = await ask(page, 'no-such-model')
  await expect(rowOf(page, refusedLater)).toBeVisible({ timeout: SEEN_MS })
  await expect(rowOf(page, answeredLater)).toHaveCount(0)
})

test('the list is walked, opened and closed by keyboard, and paused', async ({ page }) => {
  await page.goto(listUrl())
  await expect(page.locator('tr[data-id]').nth(1)).toBeVisible()
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  const current = page.locator('tr[aria-current]')
  await expect(current).toHaveAttribute('aria-rowindex', '3')
  const second = (await current.getAttribute('data-id')) ?? ''
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog')).toContainText(second)
  await page.keyboard.press('k')
  await expect(page.getByRole('dialog')).not.toContainText(second)
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)

  await expect(page.locator('.live')).toHaveText('Live')
  await page.keyboard.press('l')
  await expect(page.getByRole('button', { name: 'Resume live' })).toBeVisible()
  const id = await ask(page, MODEL)
  await page.getByRole('button', { name: '1 new ↑' }).click({ timeout: SEEN_MS })
  await expect(rowOf(page, id)).toBeVisible()
})
