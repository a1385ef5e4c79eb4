import { expect, test, type Page } from '@playwright/test'
import { baseUrl, OWNER_STATE, recall } from './people'

test.use({ storageState: OWNER_STATE })
test.describe.configure({ mode: 'serial' })

const MODEL = 'mock-json'

interface Sum {
  cost: string | null
  requests: number
}
interface Current {
  today: Sum
  this_month: Sum
}
interface ByModel {
  data: (Sum & { label: string })[]
  total: Sum
}

const urlOf = (path: string) => `${baseUrl()}/t/${recall().tenant}${path}`

async function api<T>(page: Page, path: string): Promise<T> {
  const headers = { 'x-switchyard-tenant': recall().tenant }
  const answer = await page.request.get(`${baseUrl()}/api/v1/${path}`, { headers })
  expect(answer.status()).toBe(200)
  return (await answer.json()) as T
}

/** All nine places, as the hover says them. */
const exact = ({ cost }: Sum) => `$${(cost ?? '').replace(/\B(?=(?:\d{3})+\.)/g, ',')}`

test('the figures of the cost page are those of the API, to the last place', async ({ page }) => {
  // What was recorded is counted a moment later.
  await expect
    .poll(async () => (await api<Current>(page, 'cost/current')).today.requests, { timeout: 60_000 })
    .toBeGreaterThan(0)
  const current = await api<Current>(page, 'cost/current')
  await page.goto(urlOf('/cost'))
  const today = page.getByRole('region', { name: 'Today', exact: true })
  await expect(today.getByTitle(exact(current.today), { exact: true })).toBeVisible()
  await expect(today).toContainText(`Requests ${current.today.requests.toLocaleString('en')}`)
  const month = page.getByRole('region', { name: 'This month', exact: true })
  await expect(month.getByTitle(exact(current.this_month), { exact: true })).toBeVisible()
  await page.getByRole('slider', { name: 'Cost per day' }).focus()
  await expect(page.locator('.bar-tip')).toContainText(exact(current.today))

  await page.getByRole('tab', { name: 'By model' }).click()
  const ranked = await api<ByModel>(page, 'cost/by-model?range=30d')
  for (const row of ranked.data.filter(({ cost }) => cost !== null).slice(0, 3)) {
    const shown = page.getByRole('row').filter({ has: page.getByText(row.label, { exact: true }) })
    await expect(shown.getByTitle(exact(row), { exact: true }).first()).toBeVisible()
  }
  await expect(page.locator('.table-foot').getByTitle(exact(ranked.total), { exact: true })).toBeVisible()

  const first = ranked.data[0]
  await page.getByRole('link', { name: first?.label ?? '', exact: true }).click()
  await expect(page).toHaveURL(/\/requests\?requested_model=.*&from=.*&to=/)
})

test('an overriding price is in the catalogue at once, and its end brings the list back', async ({
  page,
}) => {
  await page.goto(urlOf(`/models?q=${MODEL}`))
  const row = page
    .getByRole('row')
    .filter({ has: page.getByRole('button', { name: MODEL, exact: true }) })
    // Another back-end may have a model of the same name.
    .filter({ hasText: /Mock/ })
  await expect(row).toContainText('$1.00')
  await row.getByRole('button', { name: MODEL, exact: true }).click()
  await page.getByRole('button', { name: 'Override price' }).click()
  const form = page.getByRole('dialog').filter({ hasText: `Price of ${MODEL}` })
  await form.getByLabel('Input', { exact: true }).fill('7')
  await form.getByLabel('Output', { exact: true }).fill('9.5')
  await form.getByRole('button', { name: 'Set price' }).click()
  await expect(row).toContainText('$7.00')
  await expect(row).toContainText('$9.50')
  await expect(row).toContainText('operator')

  const drawer = page.getByRole('dialog').filter({ hasText: 'Row in force' })
  const inForce = drawer.getByRole('listitem').filter({ hasText: 'In force' }).filter({ hasText: 'operator' })
  await inForce.getByRole('button', { name: /^Actions for/ }).click()
  await page.getByRole('menuitem', { name: 'End price' }).click()
  await page.getByRole('button', { name: 'End price' }).click()
  await expect(row).toContainText('$1.00')
  await expect(drawer.getByRole('listitem').filter({ hasText: 'Ended' }).first()).toContainText('operator')
})
