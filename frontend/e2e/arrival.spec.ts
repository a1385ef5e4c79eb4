import { execFileSync } from 'node:child_process'
import { expect, test } from '@playwright/test'
import {
  baseUrl,
  closeSheet,
  DEVELOPER,
  DEVELOPER_STATE,
  OWNER,
  OWNER_STATE,
  recall,
  remember,
  signIn,
  totp,
} from './people'

test('a dead set-up link names the command that makes a new one', async ({ page }) => {
  await page.goto(`${baseUrl()}/setup`)
  await expect(page.getByRole('heading', { name: 'Open the set-up link' })).toBeVisible()
  await expect(page.getByText('switchyard setup-link')).toBeVisible()
})

test('the set-up link makes the owner and leaves the address at once', async ({ page }) => {
  await page.goto(process.env['E2E_SETUP_URL'] ?? '')
  await expect(page.getByRole('heading', { name: 'Create the owner' })).toBeVisible()
  expect(page.url()).not.toContain('token')
  await page.getByLabel('E-mail').fill(OWNER.email)
  await page.getByLabel('Password', { exact: true }).fill(OWNER.password)
  await page.getByLabel('Tenant').fill('Acme Robotics')
  await expect(page.getByText('English, Asia/Shanghai, USD.')).toBeVisible()
  await page.getByRole('button', { name: 'Create and continue' }).click()
  await expect(page.getByRole('heading', { name: 'Connect a provider' })).toBeVisible()
  remember({ tenant: /\/t\/([^/]+)\//.exec(page.url())?.[1] ?? '' })
  await page.context().storageState({ path: OWNER_STATE })
})

test.describe('on arrival', () => {
  test.use({ storageState: OWNER_STATE })

  test('two clicks lead to the first answer, and the snippet works as it stands', async ({ page }) => {
    const began = Date.now()
    await page.goto(`${baseUrl()}/t/${recall().tenant}/welcome`)
    await page.getByRole('button', { name: 'Continue with the mock provider' }).click()
    await expect(page.getByRole('heading', { name: 'Key “first key” is ready' })).toBeVisible()
    await page.getByRole('button', { name: 'Send it for me' }).click()
    await expect(page.getByText('It worked')).toBeVisible()
    expect(Date.now() - began).toBeLessThan(60_000)
    await expect(page.locator('.first-answer')).not.toBeEmpty()
    await expect(page.getByText(/mock-echo: first token after/)).toBeVisible()

    const snippet = await page.getByRole('region', { name: 'cURL' }).locator('code').innerText()
    const answer = JSON.parse(execFileSync('sh', ['-c', snippet], { encoding: 'utf8', stdio: 'pipe' })) as {
      choices: { message: { content: string } }[]
    }
    expect(answer.choices[0]?.message.content).not.toBe('')

    await page.getByRole('button', { name: 'I saved it' }).click()
    await closeSheet(page)
    await expect(page.getByRole('heading', { name: 'API keys' })).toBeVisible()
    await expect(page.getByRole('button', { name: 'first key', exact: true })).toBeVisible()
    await expect(page.getByText('Live', { exact: true }).first()).toBeVisible()
    await page.context().storageState({ path: OWNER_STATE })
  })
})

test('a used set-up link says that the installation is set up', async ({ page }) => {
  await page.goto(process.env['E2E_SETUP_URL'] ?? '')
  await expect(page.getByRole('heading', { name: 'This installation is set up' })).toBeVisible()
})

test.describe('with the owner', () => {
  test.use({ storageState: OWNER_STATE })

  test('two-step sign-in is enrolled with an app and shows recovery codes once', async ({ page }) => {
    await page.goto(`${baseUrl()}/account`)
    await page.getByRole('button', { name: 'Turn on' }).click()
    const dialog = page.getByRole('dialog')
    await expect(dialog.locator('svg[role=img], .ant-qrcode svg').first()).toBeVisible()
    const secret = (await dialog.locator('.secret-text').innerText()).trim()
    await dialog.getByLabel('Code from the app').fill('000000')
    await dialog.getByRole('button', { name: 'Turn on' }).click()
    await expect(dialog.getByRole('alert')).toContainText('This code is wrong')
    await dialog.getByLabel('Code from the app').fill(totp(secret))
    await dialog.getByRole('button', { name: 'Turn on' }).click()
    await expect(page.getByRole('heading', { name: 'Recovery codes' })).toBeVisible()
    const codes = (await page.getByRole('region', { name: 'Recovery codes' }).innerText())
      .split(/\s+/)
      .filter(Boolean)
    expect(codes).toHaveLength(10)
    remember({ recoveryCodes: codes })
    await page.getByRole('button', { name: 'I saved them' }).click()
    await expect(page.getByText('Signing in needs a code')).toBeVisible()
    await page.context().storageState({ path: OWNER_STATE })
  })

  test('a colleague is invited by a link to copy, and joins as developer', async ({ page, browser }) => {
    const { tenant } = recall()
    await page.goto(`${baseUrl()}/t/${tenant}/members`)
    await expect(page.getByText(OWNER.email).first()).toBeVisible()
    await page.getByRole('button', { name: 'Invite' }).click()
    await page.getByLabel('E-mail', { exact: true }).fill(DEVELOPER.email)
    await page.locator('.drawer-foot').getByRole('button', { name: 'Invite' }).click()
    const link = (await page.getByRole('region', { name: 'Invitation link' }).innerText()).trim()
    expect(link).toContain('/accept-invite?token=')
    await page.getByRole('button', { name: 'Done' }).click()

    const other = await browser.newContext({ storageState: { cookies: [], origins: [] } })
    const guest = await other.newPage()
    await guest.goto(link)
    await expect(guest.getByRole('heading', { name: 'Join Acme Robotics' })).toBeVisible()
    expect(guest.url()).not.toContain('token')
    await guest.getByLabel('Your name').fill(DEVELOPER.name)
    await guest.getByLabel('Password', { exact: true }).fill(DEVELOPER.password)
    await guest.getByRole('button', { name: 'Join' }).click()
    await expect(guest.getByRole('heading', { name: 'My keys' })).toBeVisible()
    await other.storageState({ path: DEVELOPER_STATE })

    await guest.goto(link)
    await expect(guest.getByRole('heading', { name: 'This invitation was used already' })).toBeVisible()
    await other.close()
    await page.goto(`${baseUrl()}/t/${tenant}/members`)
    await expect(page.getByText(DEVELOPER.name)).toBeVisible()
  })
})

test('signing in asks for the second step, and a recovery code opens', async ({ page }) => {
  await signIn(page, { ...OWNER, password: 'not the password' })
  await expect(page.getByRole('alert')).toHaveText('E-mail or password is wrong.')
  await signIn(page, OWNER)
  await expect(page.getByRole('heading', { name: 'Second step' })).toBeVisible()
  await page.getByRole('button', { name: 'Use a recovery code' }).click()
  await page.getByLabel('Recovery code').fill(recall().recoveryCodes[0] ?? '')
  await page.getByRole('button', { name: 'Verify' }).click()
  await expect(page.getByRole('heading', { name: 'API keys' })).toBeVisible()
})
