import { expect, test, type Page } from '@playwright/test'
import { baseUrl, closeSheet, OWNER_STATE, recall } from './people'
import { signedHeaders } from './signing'
import { INSECURE_HOST } from './stack'

const KEY = /^sy-live-[0-9a-z]{12}-[0-9A-Za-z]{49}$/

test.use({ storageState: OWNER_STATE })

const keysUrl = (origin = baseUrl()) => `${origin}/t/${recall().tenant}/keys`

async function createKey(page: Page, name: string): Promise<string> {
  await page.getByRole('button', { name: 'Create key' }).first().click()
  const drawer = page.getByRole('dialog')
  await drawer.getByLabel('Name', { exact: true }).fill(name)
  await drawer.getByRole('button', { name: 'Create key' }).click()
  await expect(page.getByRole('heading', { name: `Key “${name}” is ready` })).toBeVisible()
  return (await page.locator('.secret code').innerText()).trim()
}

/** Everything a script in this page could read later. */
async function readable(page: Page): Promise<string> {
  return page.evaluate(() =>
    [
      document.documentElement.outerHTML,
      JSON.stringify(localStorage),
      JSON.stringify(sessionStorage),
      location.href,
    ].join(),
  )
}

test('a key is shown once, copied, and gone', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const later: string[] = []
  await page.goto(keysUrl())
  const secret = await createKey(page, 'checkout-service')
  expect(secret).toMatch(KEY)
  const done = page.getByRole('button', { name: 'Done' })
  await expect(done).toBeDisabled()
  await expect(page.getByRole('button', { name: 'Copy key' })).toBeFocused()
  await page.keyboard.press('Escape')
  await page.mouse.click(5, 400)
  await expect(page.getByRole('heading', { name: 'Key “checkout-service” is ready' })).toBeVisible()
  await page.getByRole('button', { name: 'Copy key' }).press('Enter')
  await expect(page.getByText('Copied').first()).toBeVisible()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(secret)
  page.on('response', (response) => {
    if (response.url().includes('/api/'))
      void response.text().then(
        (text) => later.push(text),
        () => undefined,
      )
  })
  await closeSheet(page)
  expect(await readable(page)).not.toContain(secret)
  await page.reload()
  await expect(page.getByRole('button', { name: 'checkout-service', exact: true })).toBeVisible()
  await expect(page.getByText(`…${secret.slice(-4)}`).first()).toBeVisible()
  expect(await readable(page)).not.toContain(secret)
  expect(later.join()).not.toContain(secret)
})

test('copying works on an origin without a secure context', async ({ browser }) => {
  const origin = new URL(baseUrl())
  origin.hostname = INSECURE_HOST
  const context = await browser.newContext({ storageState: { cookies: [], origins: [] } })
  const cookies = (await (await browser.newContext({ storageState: OWNER_STATE })).cookies()).map(
    (cookie) => ({
      ...cookie,
      domain: INSECURE_HOST,
    }),
  )
  await context.addCookies(cookies)
  const page = await context.newPage()
  await page.goto(keysUrl(origin.origin))
  expect(await page.evaluate(() => window.isSecureContext)).toBe(false)
  const secret = await createKey(page, 'plain-http')
  await page.getByRole('button', { name: 'Copy key' }).click()
  await expect(page.getByText('Copied').first()).toBeVisible()
  await closeSheet(page)
  const search = page.getByPlaceholder('Name or id')
  await search.focus()
  await page.keyboard.press('ControlOrMeta+V')
  await expect(search).toHaveValue(secret)
  await context.close()
})

test('an edit that meets somebody else’s change shows both and loses neither', async ({ page }) => {
  await page.goto(keysUrl())
  await page.getByRole('button', { name: 'plain-http', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Edit' }).click()
  const name = page.getByRole('dialog').getByLabel('Name', { exact: true })
  await expect(name).toHaveValue('plain-http')
  const id = new URL(page.url()).searchParams.get('edit') ?? ''
  await page.evaluate(async (key) => {
    const boot = (await (await fetch('/api/console/boot')).json()) as { csrf: string }
    await fetch(`/api/v1/keys/${key}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json', 'x-csrftoken': boot.csrf },
      body: JSON.stringify({ name: 'renamed-elsewhere' }),
    })
  }, id)
  await name.fill('renamed-here')
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
  const conflict = page.getByRole('dialog').filter({ hasText: 'changed this' })
  await expect(conflict).toContainText('renamed-elsewhere')
  await expect(conflict).toContainText('renamed-here')
  await conflict.getByRole('button', { name: 'Apply mine on top' }).click()
  await expect(page.getByRole('button', { name: 'renamed-here', exact: true })).toBeVisible()
})

test('a key is rotated with overlap, disabled, enabled and revoked by its name', async ({ page }) => {
  await page.goto(keysUrl())
  const menu = () => page.getByRole('button', { name: 'Actions for renamed-here' })
  await menu().click()
  await page.getByRole('menuitem', { name: 'Rotate' }).click()
  await page.getByRole('button', { name: 'Rotate key' }).click()
  await expect(page.getByRole('heading', { name: 'Key “renamed-here” is ready' })).toBeVisible()
  await page.getByRole('button', { name: 'I saved it' }).click()
  await closeSheet(page)
  await menu().click()
  await page.getByRole('menuitem', { name: 'Disable' }).click()
  await page.getByRole('button', { name: 'Disable key' }).click()
  const row = page.getByRole('row').filter({ hasText: 'renamed-here' })
  await expect(row).toContainText('Disabled')
  await menu().click()
  await page.getByRole('menuitem', { name: 'Enable' }).click()
  await expect(row).toContainText('Active')
  await menu().click()
  await page.getByRole('menuitem', { name: 'Revoke' }).click()
  const revoke = page.getByRole('button', { name: 'Revoke key' })
  await expect(revoke).toBeDisabled()
  await page.getByLabel('Type renamed-here to confirm').fill('renamed-here')
  await revoke.click()
  await expect(row).toContainText('Revoked')
})

test('an AWS key pair is shown once, signs, and leaves nothing behind', async ({ page }) => {
  await page.goto(keysUrl())
  await page.getByRole('button', { name: 'Actions for checkout-service' }).click()
  await page.getByRole('menuitem', { name: 'AWS key pair' }).click()
  await page.getByRole('button', { name: 'Create pair' }).click()
  await expect(
    page.getByRole('heading', { name: 'AWS key pair of “checkout-service” is ready' }),
  ).toBeVisible()
  const [id = '', secret = ''] = await page.locator('.secret code').allInnerTexts()
  await expect(page.locator('.key-sheet pre').first()).toContainText(id)
  await page.getByRole('button', { name: 'I saved it' }).click()
  await closeSheet(page)
  expect(await readable(page)).not.toContain(secret)

  const url = new URL(`${baseUrl()}/model/mock-echo/converse`)
  const body = JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'Say hello.' }] }] })
  const ask = (pair: { id: string; secret: string }) =>
    fetch(url, { method: 'POST', body, headers: signedHeaders(url, body, pair) })
  const answered = await ask({ id, secret })
  expect(await answered.json()).toMatchObject({ stopReason: 'end_turn' })
  const refused = await ask({ id, secret: `${secret.slice(0, -1)}${secret.endsWith('x') ? 'y' : 'x'}` })
  expect(refused.status).toBe(403)
})

test('filters live in the address and a broken one is dropped', async ({ page }) => {
  await page.goto(`${keysUrl()}?status=revoked&q=renamed`)
  await expect(page.getByRole('row').filter({ hasText: 'renamed-here' })).toBeVisible()
  await expect(page.getByRole('row').filter({ hasText: 'checkout-service' })).toHaveCount(0)
  await page.getByRole('button', { name: 'Clear filters' }).click()
  await expect(page.getByRole('row').filter({ hasText: 'checkout-service' })).toBeVisible()
  await page.goto(`${keysUrl()}?status=nonsense`)
  await expect(page.getByText('left out: status')).toBeVisible()
  await expect(page).not.toHaveURL(/nonsense/)
})

test('the audit log holds what happened, with both values', async ({ page }) => {
  await page.goto(`${baseUrl()}/t/${recall().tenant}/audit`)
  await expect(page.getByText(/Chain intact/)).toBeVisible()
  await page.getByRole('button', { name: 'key.update' }).first().click()
  const drawer = page.getByRole('dialog')
  await expect(drawer).toContainText('renamed-elsewhere')
  await expect(drawer).toContainText('renamed-here')
  for (const action of ['key.create', 'key.rotate', 'key.revoke', 'invite.create', 'mfa.enable']) {
    await expect(page.getByRole('button', { name: action, exact: true }).first()).toBeVisible()
  }
})
