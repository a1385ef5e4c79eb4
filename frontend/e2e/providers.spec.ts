import { expect, test, type Page } from '@playwright/test'
import { baseUrl, OWNER_STATE, recall, remember } from './people'
import { startVendor, type Vendor } from './vendor'

const RIGHT = 'vendor-key-right-0001'
const ROTATED = 'vendor-key-rotated-0002'
const WRONG = 'vendor-key-wrong-0000'
const HINT_MS = 5_000

test.use({ storageState: OWNER_STATE })
test.describe.configure({ mode: 'serial' })

let vendor: Vendor

test.beforeAll(async () => {
  vendor = await startVendor()
  vendor.keys.add(RIGHT)
})
test.afterAll(() => vendor.stop())

const listUrl = () => `${baseUrl()}/t/${recall().tenant}/providers`
const detailUrl = (tab: string) => `${listUrl()}/${recall().provider}?tab=${tab}`

/** Every answer of the management API from now on; none may hold a secret. */
function answersOf(page: Page): string[] {
  const answers: string[] = []
  page.on('response', (response) => {
    if (response.url().includes('/api/'))
      void response.text().then(
        (text) => answers.push(text),
        () => undefined,
      )
  })
  return answers
}

/** A request of the signed-in person through the gateway. */
async function ask(page: Page, model: string): Promise<{ status: number; text: string }> {
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
    return { status: response.status, text: await response.text() }
  }, model)
}

async function act(page: Page, on: string, action: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${on}` }).click()
  const item = page.getByRole('menuitem', { name: action, exact: true })
  await item.click()
  // A menu on its way out would take the next click.
  await expect(item).toBeHidden()
}

test('a wrong key is told within 5 s, the form stays, and the right one connects', async ({ page }) => {
  const answers = answersOf(page)
  await page.goto(listUrl())
  await expect(page.getByRole('row').filter({ hasText: 'Mock' })).toContainText('Healthy')
  await page.getByRole('link', { name: 'Add provider' }).click()
  await page.getByRole('button', { name: /^OpenAI-compatible/ }).click()
  await page.getByLabel('Name', { exact: true }).fill('House vendor')
  await expect(page.getByLabel('Slug')).toHaveValue('house-vendor')
  await page.getByLabel('Base URL').fill(vendor.baseUrl)
  const secret = page.getByLabel('API key', { exact: true })
  await secret.fill(WRONG)
  const began = Date.now()
  await page.getByRole('button', { name: 'Test connection' }).click()
  await expect(page.getByText('Failed at: Credential')).toBeVisible()
  expect(Date.now() - began).toBeLessThan(HINT_MS)
  await expect(page.getByText('The vendor answered 401:')).toBeVisible()
  await expect(page.getByText(/Incorrect API key provided/)).toBeVisible()
  await expect(secret).toHaveValue(WRONG)
  await expect(page.getByRole('button', { name: 'Save untested' })).toBeVisible()

  await secret.fill(RIGHT)
  await page.getByRole('button', { name: 'Test again' }).click()
  await expect(page.getByText(/^Passed: \d+ models/)).toBeVisible()
  await page.getByRole('button', { name: 'Choose none' }).click()
  await page.getByRole('checkbox', { name: 'mock-echo', exact: true }).check()
  await page.getByLabel('Public name of mock-echo', { exact: true }).fill('house-echo')
  await page.getByRole('button', { name: 'Save provider' }).click()
  await expect(page.getByRole('heading', { name: 'House vendor', level: 1 })).toBeVisible()
  await expect(page.getByText('unverified')).toHaveCount(0)
  remember({ provider: /providers\/([0-9a-f-]{36})/.exec(page.url())?.[1] ?? '' })

  await expect.poll(() => ask(page, 'house-echo').then(({ status }) => status)).toBe(200)
  await page.reload()
  await expect(page.getByRole('heading', { name: 'House vendor', level: 1 })).toBeVisible()
  expect(answers.join()).not.toContain(RIGHT)
  expect(await page.evaluate(() => document.documentElement.outerHTML)).not.toContain(RIGHT)
})

test('a credential shows four characters, is rotated, tested, disabled and enabled', async ({ page }) => {
  const answers = answersOf(page)
  await page.goto(detailUrl('credentials'))
  const row = page.getByRole('row').filter({ hasText: 'primary' })
  await expect(row).toContainText('…0001')
  vendor.keys.add(ROTATED)
  vendor.keys.delete(RIGHT)
  await act(page, 'primary', 'Rotate')
  await page.getByLabel('New secret').fill(ROTATED)
  await page.getByRole('button', { name: 'Rotate secret' }).click()
  await expect(row).toContainText('…0002')
  await act(page, 'primary', 'Test')
  await expect(page.getByText(/^Passed: \d+ models/)).toBeVisible()
  await page.getByRole('button', { name: 'Done' }).click()
  await expect.poll(() => ask(page, 'house-echo').then(({ status }) => status)).toBe(200)
  await act(page, 'primary', 'Disable')
  await expect(row).toContainText('Disabled')
  await act(page, 'primary', 'Enable')
  await expect(row).toContainText('Active')
  expect(answers.join()).not.toContain(ROTATED)
})

test('models come from the vendor’s list, and are edited', async ({ page }) => {
  await page.goto(detailUrl('models'))
  const row = page.getByRole('row').filter({ hasText: 'house-echo' })
  await expect(row).toContainText('mock-echo')
  await page.getByRole('button', { name: 'Sync' }).click()
  await page.getByRole('button', { name: 'Sync models' }).click()
  await expect(page.getByText(/\d+ new, 0 gone from the list, 1 unchanged/)).toBeVisible()
  await page.getByRole('button', { name: 'Done' }).click()
  await expect(page.getByRole('row').filter({ hasText: 'mock-lorem' })).toContainText('Disabled')
  await act(page, 'house-echo', 'Edit')
  await page.getByLabel('Changes to requests').fill('{"drop": ["seed"]}')
  await page.getByLabel('Context').fill('8192')
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
  await expect(row).toContainText('8,192')
})

test('a probe runs when asked for', async ({ page }) => {
  await page.goto(detailUrl('health'))
  await page.getByRole('button', { name: 'Run now' }).click()
  await expect(page.getByRole('row').filter({ hasText: 'Passed' }).first()).toBeVisible()
})

test('settings save without a secret; somebody else’s change is shown, not overwritten', async ({ page }) => {
  await page.goto(detailUrl('settings'))
  const name = page.getByLabel('Name', { exact: true })
  await expect(name).toHaveValue('House vendor')
  await page.evaluate(async (id) => {
    const boot = (await (await fetch('/api/console/boot')).json()) as { csrf: string }
    await fetch(`/api/v1/providers/${id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json', 'x-csrftoken': boot.csrf },
      body: JSON.stringify({ name: 'Renamed elsewhere' }),
    })
  }, recall().provider)
  const statuses: number[] = []
  page.on('response', (response) => {
    if (response.request().method() === 'PATCH') statuses.push(response.status())
  })
  await name.fill('Renamed here')
  await page.getByLabel('Whole answer within').fill('30000')
  await page.getByRole('button', { name: 'Save' }).click()
  const conflict = page.getByRole('dialog').filter({ hasText: 'changed this' })
  await expect(conflict).toContainText('Renamed elsewhere')
  await conflict.getByRole('button', { name: 'Apply mine on top' }).click()
  await expect(page.getByRole('heading', { name: 'Renamed here', level: 1 })).toBeVisible()
  expect(statuses).toEqual([412, 200])
  await expect.poll(() => ask(page, 'house-echo').then(({ status }) => status)).toBe(200)
})

test('disabling takes it out of rotation, enabling brings it back', async ({ page }) => {
  await page.goto(listUrl())
  const row = page.getByRole('row').filter({ hasText: 'Renamed here' })
  await act(page, 'Renamed here', 'Disable')
  await page.getByRole('button', { name: 'Disable provider' }).click()
  await expect(row).toContainText('Disabled')
  await expect.poll(() => ask(page, 'house-echo').then(({ status }) => status)).not.toBe(200)
  await act(page, 'Renamed here', 'Enable')
  await expect(row).not.toContainText('Disabled')
  await expect.poll(() => ask(page, 'house-echo').then(({ status }) => status)).toBe(200)
})

test('all are tested at once, and one is deleted by its slug', async ({ page }) => {
  await page.goto(`${listUrl()}/new?preset=openai_compatible`)
  await page.getByLabel('Name', { exact: true }).fill('Short-lived')
  await page.getByLabel('Base URL').fill(vendor.baseUrl)
  await page.getByLabel('API key', { exact: true }).fill(WRONG)
  await page.getByRole('button', { name: 'Save untested' }).click()
  await expect(page.getByText('unverified').first()).toBeVisible()
  await page.goto(listUrl())
  await page.getByRole('button', { name: 'Test all' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByText(/^\d of \d passed\.$/)).toBeVisible()
  await expect(dialog.getByRole('listitem').filter({ hasText: 'Renamed here' })).toContainText('models')
  await dialog.getByRole('button', { name: 'Done' }).click()
  await act(page, 'Short-lived', 'Delete')
  await page.getByLabel('Type short-lived to confirm').fill('short-lived')
  await page.getByRole('button', { name: 'Delete provider' }).click()
  await expect(page.getByRole('row').filter({ hasText: 'Short-lived' })).toHaveCount(0)
})
