import { expect, test } from '@playwright/test'
import { baseUrl, DEVELOPER, DEVELOPER_STATE, OWNER_STATE, recall } from './people'

test.describe('a developer', () => {
  test.use({ storageState: DEVELOPER_STATE })

  test('sees only what they may open, and deep links name the missing capability', async ({ page }) => {
    const refused: string[] = []
    page.on('response', (response) => {
      if (response.status() === 401 || response.status() === 403) refused.push(response.url())
    })
    await page.goto(baseUrl())
    await expect(page.getByRole('heading', { name: 'My keys' })).toBeVisible()
    for (const hidden of ['members', 'settings', 'keys']) {
      await page.goto(`${baseUrl()}/t/${recall().tenant}/${hidden}`)
      await expect(page.getByRole('heading', { name: 'No permission' })).toBeVisible()
    }
    await expect(page.getByText('key.create_any')).toBeVisible()
    const links = page.getByRole('navigation').getByRole('menuitem')
    await expect(links).toHaveText(['Requests', 'Providers', 'Audit log'])
    await links.first().click()
    await expect(page.getByText('No request yet').or(page.getByText('No request matches'))).toBeVisible()
    await links.nth(1).click()
    await expect(page.getByRole('row').filter({ hasText: 'Mock' })).toContainText('Healthy')
    await expect(page.getByRole('link', { name: 'Add provider' })).toHaveCount(0)
    await links.last().click()
    await expect(page.getByText('Your own actions')).toBeVisible()
    expect(refused).toEqual([])
  })

  test('typed text survives the end of the session', async ({ page, context }) => {
    await page.goto(`${baseUrl()}/t/${recall().tenant}/dev/keys?create=1`)
    await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill('half-written')
    await context.clearCookies()
    await page.getByRole('dialog').getByRole('button', { name: 'Create key' }).click()
    await expect(page).toHaveURL(/\/login\?next=/)
    await page.getByLabel('E-mail').fill(DEVELOPER.email)
    await page.locator('#password').fill(DEVELOPER.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await expect(page.getByRole('dialog').getByLabel('Name', { exact: true })).toHaveValue('half-written')
    await page.getByRole('dialog').getByRole('button', { name: 'Create key' }).click()
    await expect(page.getByRole('heading', { name: 'Key “half-written” is ready' })).toBeVisible()
    await context.storageState({ path: DEVELOPER_STATE })
  })
})

test.describe('the owner', () => {
  test.use({ storageState: OWNER_STATE })

  test('cannot leave the tenant without an owner', async ({ page }) => {
    await page.goto(`${baseUrl()}/t/${recall().tenant}/members`)
    await page
      .getByRole('row')
      .filter({ hasText: 'Owner' })
      .getByRole('button', { name: /Actions for/ })
      .click()
    await page.getByRole('menuitem', { name: 'Disable' }).click()
    await page.getByRole('button', { name: 'Disable member' }).click()
    await expect(page.getByRole('alert')).toContainText('A tenant needs an active owner')
  })

  test('changes a role and makes a team', async ({ page }) => {
    await page.goto(`${baseUrl()}/t/${recall().tenant}/members?tab=teams`)
    await page.getByLabel('Team name').fill('Search')
    await page.getByRole('button', { name: 'Create team' }).click()
    await expect(page.getByRole('button', { name: 'Search', exact: true })).toBeVisible()
    await page.getByRole('tab', { name: 'People' }).click()
    await page.getByRole('button', { name: `Actions for ${DEVELOPER.name}` }).click()
    await page.getByRole('menuitem', { name: 'Change role' }).click()
    await page.getByRole('combobox', { name: 'Role' }).click()
    await page.getByTitle('Billing viewer').click()
    await page.getByRole('button', { name: 'Change role' }).click()
    await expect(page.getByRole('row').filter({ hasText: DEVELOPER.name })).toContainText('Billing viewer')
  })

  test('sees the sessions and ends another one', async ({ page }) => {
    await page.goto(`${baseUrl()}/account`)
    const sessions = page.getByRole('list', { name: 'Sessions' }).getByRole('listitem')
    await expect(sessions.first()).toBeVisible()
    const before = await sessions.count()
    expect(before).toBeGreaterThan(1)
    await sessions.getByRole('button', { name: 'End' }).first().click()
    await expect(sessions).toHaveCount(before - 1)
  })

  test('renames the tenant, and the header follows', async ({ page }) => {
    await page.goto(`${baseUrl()}/t/${recall().tenant}/settings`)
    await page.getByLabel('Name', { exact: true }).fill('Acme Robotics GmbH')
    await page.getByRole('button', { name: 'Save' }).click()
    await expect(page.getByText('Settings saved')).toBeVisible()
    await expect(page.getByRole('banner')).toContainText('Acme Robotics GmbH')
  })
})
