import { expect, test, type Page } from '@playwright/test'
import { baseUrl, OWNER_STATE, recall, remember } from './people'
import { startVendor, type Vendor } from './vendor'

const KEY = 'vendor-key-chat-0001'
const MODEL = 'chat-only'
const SEEN_MS = 10_000
const PHONE = { width: 360, height: 800 }

test.use({ storageState: OWNER_STATE })
test.describe.configure({ mode: 'serial' })

let vendor: Vendor

test.beforeAll(async () => {
  vendor = await startVendor()
  vendor.keys.add(KEY)
})
test.afterAll(() => vendor.stop())

const pageUrl = () => `${baseUrl()}/t/${recall().tenant}/requests/${recall().translated}?tab=conversion`

interface Told {
  status: number
  id: string
  text: string
}

/** By the signed-in person. */
async function post(page: Page, path: string, body: object): Promise<Told> {
  return page.evaluate(
    async ([to, said]) => {
      const boot = (await (await fetch('/api/console/boot')).json()) as { csrf: string }
      const response = await fetch(to, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-csrftoken': boot.csrf },
        body: JSON.stringify(said),
      })
      const id = response.headers.get('x-request-id') ?? ''
      return { status: response.status, id, text: await response.text() }
    },
    [path, body] as const,
  )
}

const QUESTION = {
  model: MODEL,
  max_tokens: 64,
  top_k: 5,
  system: 'A word nobody else may read.',
  messages: [{ role: 'user', content: 'Say hello.' }],
}

test('a request in one dialect is answered by a vendor of another', async ({ page }) => {
  await page.goto(`${baseUrl()}/t/${recall().tenant}/providers`)
  const made = await post(page, '/api/v1/providers', {
    name: 'Chat only',
    slug: MODEL,
    kind: 'openai_compatible',
    base_url: vendor.baseUrl,
    credentials: [{ name: 'primary', kind: 'api_key', secret: KEY }],
    models: [{ public_name: MODEL, upstream_name: 'mock-echo' }],
  })
  expect(made.status, made.text).toBe(201)
  const ask = () => post(page, '/api/console/run', { method: 'POST', path: '/v1/messages', body: QUESTION })
  let told = await ask()
  await expect
    .poll(async () => {
      told = told.status === 200 ? told : await ask()
      return told.status
    })
    .toBe(200)
  expect(JSON.parse(told.text)).toMatchObject({ type: 'message', model: MODEL })
  remember({ translated: told.id })
})

test('its page names both dialects, what was lost, and what was sent otherwise', async ({ page }) => {
  await expect
    .poll(
      async () => (await page.request.get(`${baseUrl()}/api/v1/requests/${recall().translated}`)).status(),
      {
        timeout: SEEN_MS,
      },
    )
    .toBe(200)
  await page.goto(pageUrl())
  await expect(page.getByText('Translated: Anthropic Messages → OpenAI Chat')).toBeVisible()
  const tab = page.getByRole('tabpanel')
  await expect(tab.getByRole('listitem').filter({ hasText: 'Top-k' })).toBeVisible()
  const row = (field: string) =>
    tab.getByRole('row').filter({ has: page.getByRole('rowheader', { name: field, exact: true }) })
  await expect(row('model')).toContainText(/chat-only.*mock-echo/)
  await expect(row('top_k')).toContainText(/5.*absent/)
  await expect(row('system')).toContainText(/30 bytes.*absent/)
  await expect(row('messages')).toContainText(/\d+ bytes.*\d+ bytes/)
  await expect(tab).toContainText('Bodies are not stored')
  const answered = await page.request.get(`${baseUrl()}/api/v1/requests/${recall().translated}`)
  expect(await answered.text()).not.toContain('A word nobody')
})

test('on a phone it unfolds, and nothing is wider than the screen', async ({ page }) => {
  await page.setViewportSize(PHONE)
  await page.goto(pageUrl())
  const table = page.getByRole('table', { name: 'What was sent otherwise' })
  await expect(table).toBeVisible()
  const box = await table.boundingBox()
  expect(box?.width).toBeLessThanOrEqual(PHONE.width)
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(PHONE.width)
})

test('the list can be asked for a vendor’s dialect, and shows its name', async ({ page }) => {
  await page.goto(
    `${baseUrl()}/t/${recall().tenant}/requests?target_dialect=openai.chat&dialect=anthropic.messages`,
  )
  await expect(page.locator(`tr[data-id="${recall().translated}"]`)).toBeVisible()
  await expect(page.getByText('Vendor dialect is OpenAI Chat')).toBeVisible()
  await expect(page.getByText('Dialect is Anthropic Messages')).toBeVisible()
})
